"""What a checkpoint of PyTorch may hold, as plain records, and how each is made.

The pickle of a checkpoint names functions and calls them. `make` knows the few that
tensors and numbers need, and makes records of its own instead of calling them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
_SCALARS = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1")
_LARGEST, _MOST_AXES = 1 << 48, 64


class RefusedError(ValueError):
    """A file with anything in it but tensors and plain values."""


@dataclass(frozen=True)
class Name:
    """A function or class that a pickle names."""

    module: str
    name: str

    def __str__(self):
        text = f"{self.module}.{self.name}"[:80]
        return "".join(letter if letter.isprintable() else "?" for letter in text)


@dataclass(frozen=True)
class Storage:
    """A row of numbers in the file: its key there, type and length."""

    key: str
    dtype: str
    size: int

    @property
    def itemsize(self) -> int:
        return 2 if self.dtype == "bfloat16" else np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Tensor:
    """Where the elements of a tensor lie in a storage, counted in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        return math.prod(self.shape) * self.storage.itemsize


@dataclass(frozen=True)
class ScalarType:
    """The type of a NumPy number, such as `f8`."""

    name: str


def is_known(name: Name) -> bool:
    """Tell whether a pickle may name this."""
    return name in _MAKERS or (name.module == "torch" and name.name in _STORAGES)


def make(name: Any, arguments: tuple) -> Any:
    """Make what a function would make.

    Raises:
        RefusedError: If it is none of those that are known, or the arguments are not.
    """
    if not isinstance(name, Name) or name not in _MAKERS:
        raise RefusedError("it calls what is no function")
    return _MAKERS[name](*arguments)


def storage(identity: tuple) -> Storage:
    """Make the storage that a pickle refers to.

    Raises:
        RefusedError: If it refers to anything else.
    """
    word, kind, key, _, size, *view = identity
    if word != "storage" or not isinstance(kind, Name) or kind.name not in _STORAGES:
        raise RefusedError("it refers to what is no storage")
    if any(view):
        raise RefusedError("it has views of storages, as before PyTorch 0.4")
    if not isinstance(key, str) or not _is_size(size):
        raise RefusedError("it has a storage without name or length")
    return Storage(key, _STORAGES[kind.name], size)


def _dictionary(*pairs: Any) -> dict:
    if pairs:
        raise RefusedError("it has a dictionary made of pairs")
    return {}


def _tensor(source: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    numbers = (offset, *shape, *strides)
    if not isinstance(source, Storage) or not all(map(_is_size, numbers)):
        raise RefusedError("it has a tensor without storage or sizes")
    if len(shape) != len(strides) or len(shape) > _MOST_AXES:
        raise RefusedError("it has a tensor with other axes than strides")
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if 0 not in shape and last >= source.size:
        raise RefusedError("a tensor reaches beyond its storage")
    return Tensor(source, offset, tuple(shape), tuple(strides))


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise RefusedError("it has a parameter that is no tensor")
    return tensor


def _scalar_type(name: Any, *_: Any) -> ScalarType:
    if name not in _SCALARS:
        raise RefusedError("it has a NumPy value that is no number")
    return ScalarType(name)


def _scalar(kind: Any, content: Any) -> int | float | bool:
    if not isinstance(kind, ScalarType) or not isinstance(content, bytes):
        raise RefusedError("it has a NumPy value that is no number")
    [value] = np.frombuffer(content, f"<{kind.name}")
    return value.item()


def _encode(text: Any, coding: Any) -> bytes:
    if not isinstance(text, str) or coding != "latin1":
        raise RefusedError("it has bytes in an unknown coding")
    return text.encode("latin1")


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


_MAKERS: dict[Name, Callable] = {
    Name("collections", "OrderedDict"): _dictionary,
    Name("torch._utils", "_rebuild_tensor"): _tensor,
    Name("torch._utils", "_rebuild_tensor_v2"): _tensor,
    Name("torch._utils", "_rebuild_parameter"): _parameter,
    Name("numpy", "dtype"): _scalar_type,
    Name("numpy.core.multiarray", "scalar"): _scalar,
    Name("numpy._core.multiarray", "scalar"): _scalar,
    Name("_codecs", "encode"): _encode,
}
