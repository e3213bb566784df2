"""PyTorch's own archives, read without PyTorch and without running their code.

`torch.save` has written two formats: since PyTorch 1.6 an uncompressed zip file with
one member per storage, and before that a row of pickles with the storages behind them.
Both are read here. `torch_pickle` reads the pickles.
"""

import functools
import io
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kerasseg.weights import torch_pickle
from kerasseg.weights.torch_objects import RefusedError, Storage, Tensor

_WRAPPERS = ("state_dict", "model", "model_state_dict")
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError)
_ROOM, _SHARED = 1 << 24, 8
"""Tensors may share storages, but not so much that a small file fills the memory."""


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a file that `torch.save` wrote.

    A pickle can name any function and have it called. This reader knows the handful
    of names that tensors need and refuses every other one.

    Args:
        path: The file: a dictionary of tensors, or a checkpoint that holds one under
            `state_dict`, `model` or `model_state_dict`.

    Returns:
        Tensors by name, as they are stored; those of type bfloat16 as float32.

    Raises:
        ValueError: If it is not such an archive or holds anything else.
    """
    # From memory, so that no length in the file makes room for more than is there.
    file = io.BytesIO(path.read_bytes())
    try:
        content, storage = _open(file)
        tensors = _state(content)
        _check_room(tensors, len(file.getbuffer()))
        arrays = {name: _array(tensor, storage) for name, tensor in tensors.items()}
    except (ValueError, EOFError, struct.error, *_ZIP_ERRORS) as error:
        raise ValueError(
            f"{path}: not an archive of tensors ({error}). "
            "Save the weights again as .safetensors."
        ) from None
    if not arrays:
        raise ValueError(f"{path}: no tensors in it. Give a file of weights.")
    return arrays


def _open(file: BinaryIO) -> tuple[Any, Callable[[Storage], bytes]]:
    start = file.read(4)
    file.seek(0)
    return _open_zip(file) if start[:2] == b"PK" else _open_legacy(file)


def _state(content: Any) -> dict[str, Tensor]:
    for wrapper in _WRAPPERS:
        content = content.get(wrapper, content) if isinstance(content, dict) else {}
    return {k: v for k, v in content.items() if isinstance(v, Tensor)}


def _check_room(tensors: dict[str, Tensor], size: int) -> None:
    if sum(t.num_bytes for t in tensors.values()) > _SHARED * size + _ROOM:
        raise RefusedError("its tensors are far larger than the file")


def _array(tensor: Tensor, storage: Callable[[Storage], bytes]) -> np.ndarray:
    """Cut a tensor out of its storage."""
    content = storage(tensor.storage)
    if len(content) < tensor.storage.size * tensor.storage.itemsize:
        raise RefusedError(f"storage {tensor.storage.key[:40]!r} is cut short")
    is_short = tensor.storage.dtype == "bfloat16"
    dtype = np.dtype("uint16" if is_short else tensor.storage.dtype).newbyteorder("<")
    values = np.frombuffer(content, dtype)[tensor.offset :]
    strides = tuple(stride * dtype.itemsize for stride in tensor.strides)
    array = np.array(
        np.lib.stride_tricks.as_strided(values, tensor.shape, strides), order="C"
    )
    # A bfloat16 is the first half of a float32.
    return (array.astype("uint32") << 16).view("float32") if is_short else array


def _open_zip(file: BinaryIO) -> tuple[Any, Callable[[Storage], bytes]]:
    archive = zipfile.ZipFile(file)
    members = _checked(archive, file.seek(0, io.SEEK_END))
    pickles = [name for name in members if re.fullmatch(r"[^/]*/data\.pkl", name)]
    if len(pickles) != 1:
        raise RefusedError("it holds no data.pkl of `torch.save`")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}constants.pkl" in members:
        raise RefusedError("it is a program of TorchScript")
    order = f"{folder}byteorder"
    if order in members and archive.read(order) != b"little":
        raise RefusedError("its numbers are big-endian")

    @functools.cache  # Many tensors may lie in one storage.
    def storage(wanted: Storage) -> bytes:
        name = f"{folder}data/{wanted.key}"
        if name not in members:
            raise RefusedError(f"storage {wanted.key[:40]!r} is missing")
        return archive.read(name)

    content, _ = torch_pickle.read(io.BytesIO(archive.read(pickles[0])))
    return content, storage


def _checked(archive: zipfile.ZipFile, size: int) -> set[str]:
    """List the members of an archive that is no larger than it looks."""
    members = archive.infolist()
    if any(m.compress_type != zipfile.ZIP_STORED or m.flag_bits & 1 for m in members):
        raise RefusedError("it is compressed or encrypted, as `torch.save` never does")
    if sum(member.file_size for member in members) > size:
        raise RefusedError("its members are larger than the file")
    names = Counter(member.filename for member in members)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise RefusedError(f"it has two members {twice[0]!r}")
    return set(names)


def _open_legacy(file: BinaryIO) -> tuple[Any, Callable[[Storage], bytes]]:
    for start in (_MAGIC, _PROTOCOL):
        if torch_pickle.read(file)[0] != start:
            raise RefusedError("it does not start as `torch.save` does")
    machine, _ = torch_pickle.read(file)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise RefusedError("its numbers are big-endian")
    content, storages = torch_pickle.read(file)
    keys, _ = torch_pickle.read(file)
    named = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    if not named or sorted(keys) != sorted(storages):
        raise RefusedError("it lists other storages than it uses")
    contents = {key: _next_storage(file, storages[key]) for key in keys}
    return content, lambda wanted: contents[wanted.key]


def _next_storage(file: BinaryIO, storage: Storage) -> bytes:
    (size,) = struct.unpack("<q", file.read(8).ljust(8, b"\xff"))
    if size != storage.size:
        raise RefusedError(f"storage {storage.key[:40]!r} is cut short")
    return file.read(size * storage.itemsize)
