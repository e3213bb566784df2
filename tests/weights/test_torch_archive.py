"""PyTorch's archives are read as data; whatever would run code is refused."""

import io
import os
import pickle
import sys
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from kerasseg.weights.torch_archive import read_archive

pytestmark = pytest.mark.once


class _Tensor:
    """Pickles as PyTorch's tensors do: a function, a storage and its geometry."""

    def __init__(self, key, offset, shape, strides):
        self.storage = _Storage(key)
        self.geometry = offset, shape, strides

    def __reduce__(self):
        return (
            sys.modules["torch._utils"]._rebuild_tensor_v2,
            (self.storage, *self.geometry, False, OrderedDict()),
        )


class _Storage:
    def __init__(self, key):
        self.key = key


class _Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, _Storage):
            return "storage", sys.modules["torch"].FloatStorage, value.key, "cpu", 0
        return None


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes an archive, with names borrowed from PyTorch."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    class FloatStorage:
        __module__, __qualname__ = "torch", "FloatStorage"

    def _rebuild_tensor_v2():
        raise AssertionError

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    torch.FloatStorage, utils._rebuild_tensor_v2 = FloatStorage, _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def archive(content, **storages):
        text = io.BytesIO()
        _Pickler(text, protocol=2).dump(content)
        with zipfile.ZipFile(tmp_path / "w.pth", "w") as file:
            file.writestr("w/data.pkl", text.getvalue())
            for key, values in storages.items():
                file.writestr(f"w/data/{key}", values.astype("float32").tobytes())
        return tmp_path / "w.pth"

    return archive


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: {"epoch": 3, "state_dict": c}])
def test_tensors_come_out_with_their_shape(write, wrap):
    content = {
        "plain": _Tensor("a", 0, (2, 3), (3, 1)),
        "turned": _Tensor("a", 0, (3, 2), (1, 3)),
        "part": _Tensor("a", 4, (2,), (1,)),
        "scalar": _Tensor("a", 5, (), ()),
    }
    found = read_archive(write(wrap(content), a=np.arange(6)))
    np.testing.assert_array_equal(found["plain"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["turned"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(found["part"], [4, 5])
    assert found["scalar"] == 5


class _Attack:
    def __reduce__(self):
        return os.mkdir, ("/tmp/kerasseg-must-not-exist",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"w": _Attack()}, "asks for posix.mkdir"),
        ({"w": _Tensor("a", 4, (3,), (1,))}, "beyond its storage"),
        ({"w": _Tensor("a", 0, (2,), (-1,))}, "beyond its storage"),
        ({"epoch": 3}, "no tensors in it"),
    ],
)
def test_anything_but_tensors_is_refused(write, content, message):
    with pytest.raises(ValueError, match=message):
        read_archive(write(content, a=np.arange(6)))
    assert not os.path.exists("/tmp/kerasseg-must-not-exist")
