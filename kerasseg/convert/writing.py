"""Write a state dict as `torch.save` does, without PyTorch."""

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kerasseg import files

_STORAGES = {"float32": "FloatStorage", "int64": "LongStorage"}
_FOLDER = "archive"


def write_state(path: Path, state: Mapping[str, np.ndarray]) -> None:
    """Write `{"state_dict": …}`, which the published code loads.

    `torch.load` reads the file, also with `weights_only=True`.

    Args:
        path: The file, which appears whole or not at all.
        state: Tensors of float32 or int64 by their names.

    Raises:
        OSError: If the place cannot be written.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        _add(archive, "data.pkl", _pickled(state))
        _add(archive, "byteorder", b"little")
        for number, tensor in enumerate(state.values()):
            little = tensor.astype(tensor.dtype.newbyteorder("<"))
            _add(archive, f"data/{number}", little.tobytes())
        _add(archive, "version", b"3\n")
    files.write_whole(path, content.getvalue())


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A fixed date: equal states make equal files.
    archive.writestr(zipfile.ZipInfo(f"{_FOLDER}/{name}"), content)


def _pickled(state: Mapping[str, np.ndarray]) -> bytes:
    """Spell the program that makes the dictionary, in pickle's protocol 2."""
    items = b"".join(
        _text(name) + _tensor(number, tensor)
        for number, (name, tensor) in enumerate(state.items())
    )
    ordered = _EMPTY_ORDERED + b"(" + items + b"u"  # MARK, SETITEMS
    # PROTO 2, EMPTY_DICT, the key, the value, SETITEM, STOP
    return b"\x80\x02}" + _text("state_dict") + ordered + b"s."


def _tensor(number: int, tensor: np.ndarray) -> bytes:
    storage = _tuple(
        _text("storage"),
        _global("torch", _STORAGES[tensor.dtype.name]),
        _text(str(number)),
        _text("cpu"),
        _int(tensor.size),
    )
    strides = [int(np.prod(tensor.shape[axis + 1 :])) for axis in range(tensor.ndim)]
    arguments = _tuple(
        storage + b"Q",  # BINPERSID
        _int(0),
        _tuple(*map(_int, tensor.shape)),
        _tuple(*map(_int, strides)),
        b"\x89",  # NEWFALSE: no gradient is asked for
        _EMPTY_ORDERED,
    )
    return _global("torch._utils", "_rebuild_tensor_v2") + arguments + b"R"  # REDUCE


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _text(value: str) -> bytes:
    content = value.encode()
    return b"X" + struct.pack("<I", len(content)) + content  # BINUNICODE


def _int(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)  # BININT


def _tuple(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"  # MARK, TUPLE


_EMPTY_ORDERED = _global("collections", "OrderedDict") + b")R"  # EMPTY_TUPLE, REDUCE
