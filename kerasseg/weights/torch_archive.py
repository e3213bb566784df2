"""PyTorch's own archives, read without PyTorch and without running their code."""

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

_STORAGES = {
    "DoubleStorage": np.float64,
    "FloatStorage": np.float32,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
    "ByteStorage": np.uint8,
    "BoolStorage": np.bool_,
}
_WRAPPERS = ("state_dict", "model", "model_state_dict")


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a `torch.save` file of PyTorch 1.6 or later.

    A pickle can name any function and have it called. This reader knows the handful
    of names that tensors need and refuses every other one.

    Args:
        path: The file: a dictionary of tensors, or a checkpoint that holds one.

    Raises:
        ValueError: If it is not such an archive or holds anything else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            [member] = [n for n in archive.namelist() if n.endswith("/data.pkl")]
            content = _Tensors(archive, member.removesuffix("data.pkl")).load()
    except (zipfile.BadZipFile, pickle.UnpicklingError, ValueError, KeyError) as error:
        raise ValueError(
            f"{path}: not an archive of tensors ({error}). "
            "Save the weights again as .safetensors."
        ) from None
    for wrapper in _WRAPPERS:
        content = content.get(wrapper, content) if isinstance(content, dict) else {}
    tensors = {k: v for k, v in content.items() if isinstance(v, np.ndarray)}
    if not tensors:
        raise ValueError(f"{path}: no tensors in it. Give a file of weights.")
    return tensors


class _Tensors(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, folder: str):
        super().__init__(io.BytesIO(archive.read(f"{folder}data.pkl")))
        self._archive, self._folder = archive, folder

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, identity: tuple) -> np.ndarray:
        _, dtype, key, *_ = identity
        return np.frombuffer(self._archive.read(f"{self._folder}data/{key}"), dtype)


def _tensor(storage: np.ndarray, offset: int, shape: tuple, strides: tuple, *_):
    """Cut a tensor out of its storage."""
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if min((offset, *strides, *shape), default=0) < 0 or last >= max(storage.size, 1):
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    strides = tuple(stride * storage.itemsize for stride in strides)
    view = np.lib.stride_tricks.as_strided(storage[offset:], shape, strides)
    return np.array(view)
