"""PyTorch's archives are read as data; whatever would run code is refused."""

import contextlib
import io
import os
import pickle
import re
import struct
import sys
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from safetensors.numpy import load_file

from kerasseg.weights.torch_archive import read_archive

pytestmark = pytest.mark.once

MISSING = "/tmp/kerasseg-must-not-exist"
DTYPES = {"Float": "<f4", "Half": "<f2", "Long": "<i8", "BFloat16": "<u2"}


class _Tensor:
    """Pickles as PyTorch's tensors do: a function, a storage and its geometry."""

    def __init__(self, key, offset, shape, strides, kind="Float", rebuild="tensor_v2"):
        self.storage = _Storage(key, kind)
        self.geometry = offset, shape, strides
        self.rebuild = f"_rebuild_{rebuild}"

    def __reduce__(self):
        rebuild = getattr(sys.modules["torch._utils"], self.rebuild)
        return rebuild, (self.storage, *self.geometry, False, OrderedDict())


class _Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_parameter
        return rebuild, (self.tensor, True, OrderedDict())


class _Storage:
    size = 6

    def __init__(self, key, kind):
        self.key, self.kind = key, kind


class _Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if not isinstance(value, _Storage):
            return None
        kind = getattr(sys.modules["torch"], f"{value.kind}Storage")
        return "storage", kind, value.key, "cpu", value.size


class _Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments, state=None):
        self.call = function, arguments, *([] if state is None else [state])

    def __reduce__(self):
        return self.call


@pytest.fixture
def pickled(monkeypatch):
    """Return a function that pickles, with names borrowed from PyTorch."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for kind in DTYPES:
        name = f"{kind}Storage"
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter"):
        function = types.FunctionType(_Tensor.__init__.__code__, {}, name)
        function.__module__, function.__qualname__ = "torch._utils", name
        setattr(utils, name, function)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def dump(content, protocol=2):
        text = io.BytesIO()
        _Pickler(text, protocol=protocol).dump(content)
        return text.getvalue()

    return dump


@pytest.fixture
def archive(tmp_path):
    """Return a function that writes members of a zip file."""

    def write(members, compression=zipfile.ZIP_STORED):
        with zipfile.ZipFile(tmp_path / "w.pth", "w", compression) as file:
            for name, content in members.items():
                file.writestr(name, content)
        return tmp_path / "w.pth"

    return write


@pytest.fixture
def write(pickled, archive):
    """Return a function that writes what `torch.save` would."""

    def save(content, protocol=2, **storages):
        members = {"w/data.pkl": pickled(content, protocol), "w/byteorder": "little"}
        for key, values in storages.items():
            members[f"w/data/{key}"] = values.astype("<f4").tobytes()
        return archive(members)

    return save


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: {"epoch": 3, "state_dict": c}])
@pytest.mark.parametrize("protocol", [2, 4])
def test_tensors_come_out_with_their_shape(write, wrap, protocol):
    content = OrderedDict(
        {
            "plain": _Tensor("a", 0, (2, 3), (3, 1)),
            "turned": _Tensor("a", 0, (3, 2), (1, 3)),
            "part": _Tensor("a", 4, (2,), (1,), rebuild="tensor"),
            "repeated": _Tensor("a", 1, (2, 2), (0, 1)),
            "parameter": _Parameter(_Tensor("a", 2, (2,), (1,))),
            "scalar": _Tensor("a", 5, (), ()),
            "empty": _Tensor("a", 0, (0, 3), (3, 1)),
        }
    )
    content._metadata = OrderedDict({"": {"version": 1}})
    found = read_archive(write(wrap(content), protocol, a=np.arange(6)))
    np.testing.assert_array_equal(found["plain"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["turned"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(found["part"], [4, 5])
    np.testing.assert_array_equal(found["repeated"], [[1, 2], [1, 2]])
    np.testing.assert_array_equal(found["parameter"], [2, 3])
    assert found["scalar"] == 5
    assert found["empty"].shape == (0, 3)


@pytest.mark.parametrize("kind", ["Half", "Long", "BFloat16"])
def test_numbers_of_every_type_are_read(kind, pickled, archive):
    values = np.array([1, -2, 0, 3, 4, 1024], "float32")
    stored = values.astype(DTYPES[kind])
    if kind == "BFloat16":
        stored = (values.view("uint32") >> 16).astype("<u2")
    content = pickled({"w": _Tensor("a", 0, (6,), (1,), kind)})
    path = archive({"w/data.pkl": content, "w/data/a": stored.tobytes()})
    np.testing.assert_array_equal(read_archive(path)["w"], values)


@pytest.mark.parametrize("protocol", [2, 4])
def test_numbers_of_numpy_are_no_obstacle(write, protocol):
    content = {
        "best_mIoU": np.float64(63.1),
        "epoch": np.int32(7),
        "state_dict": {"w": _Tensor("a", 0, (6,), (1,))},
    }
    assert list(read_archive(write(content, protocol, a=np.arange(6)))) == ["w"]


CHECKPOINTS = [
    ("utae_checkpoint_tiny", "model.pth.tar", "utae_tiny_trained"),
    ("utae_checkpoint_tiny", "model_legacy_format.pth.tar", "utae_tiny_trained"),
    ("utae_checkpoint_default", "model.pth.tar", "utae_default"),
    ("timeunet_checkpoint_tiny", "model.pth.tar", "timeunet_tiny_cli"),
]


@pytest.mark.parametrize(("folder", "file", "same"), CHECKPOINTS)
def test_checkpoints_are_read_as_their_authors_saved_them(folder, file, same, shared):
    found = read_archive(shared("golden", folder, file))
    published = load_file(shared("golden", same, "weights.safetensors"))
    assert set(found) == set(published)
    for name, tensor in published.items():
        np.testing.assert_array_equal(found[name], tensor, strict=True, err_msg=name)


def test_a_checkpoint_from_the_wild_opens(shared):
    path = shared("data", "ltae_torch_checkpoint", "2018", "model.pth.tar")
    found = read_archive(path)
    assert len(found) == 53
    assert found["temporal_encoder.attention_heads.Q"].shape == (16, 8)
    assert all(np.isfinite(tensor).all() for tensor in found.values())


ATTACKS = [
    (lambda: _Call(os.mkdir, MISSING), "asks for posix.mkdir"),
    (lambda: _Call(os.system, f"mkdir {MISSING}"), "asks for posix.system"),
    (
        lambda: _Call(eval, f"__import__('os').mkdir('{MISSING}')"),
        "asks for __builtin__.eval",
    ),
    (lambda: _Call(getattr, "os", "mkdir"), "asks for __builtin__.getattr"),
    (lambda: _Call(np.load, MISSING), "asks for numpy.load"),
    (lambda: os.mkdir, "asks for posix.mkdir"),
    (lambda: types.SimpleNamespace(epoch=3), "asks for types.SimpleNamespace"),
    (lambda: np.zeros(3), "_reconstruct"),
    (lambda: {1, 2}, "asks for __builtin__.set"),
    (lambda: complex(1, 2), "asks for __builtin__.complex"),
    (lambda: _Tensor("a", 4, (3,), (1,)), "beyond its storage"),
    (lambda: _Tensor("a", 0, (2,), (-1,)), "without storage or sizes"),
    (lambda: _Tensor("a", 0, (2,), (1, 1)), "other axes than strides"),
    (lambda: _Tensor("a", True, (2,), (1,)), "without storage or sizes"),
    (lambda: _Tensor("a", 0, (1 << 40, 1 << 40), (0, 0)), "larger than the file"),
    (lambda: _Tensor("../../../etc/passwd", 0, (2,), (1,)), "passwd' is missing"),
    (lambda: {(1, 2): _Tensor("a", 0, (2,), (1,))}, "neither text nor number"),
]


@pytest.mark.parametrize(("content", "message"), ATTACKS)
def test_anything_but_tensors_is_refused(write, content, message):
    with pytest.raises(ValueError, match=message) as told:
        read_archive(write({"w": content()}, a=np.arange(6)))
    assert "\n" not in str(told.value)
    assert not os.path.exists(MISSING)


PROGRAMS = {
    b"(cos\nsystem\nS'true'\no.": "instruction|asks for os.system",
    b"(S'true'\nios\nsystem\n.": "instruction STRING",
    b"\x80\x02cos\nsystem\n.": "asks for os.system",
    b"\x80\x04\x8c\x02os\x8c\x06system\x93.": "asks for os.system",
    b"\x80\x04\x8c\x05torch\x8c\x09hub.os.rm\x93.": "asks for torch.hub.os.rm",
    b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}U\x01aNsb.": "instruction",
    b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}b.": "sets the state of an object",
    b"\x80\x02ccollections\nOrderedDict\n}(X\x01\x00\x00\x00aNub.": "sets the state",
    b"\x80\x02ctorch\nFloatStorage\n)R.": "calls what is no function",
    b"\x80\x02ccollections\nOrderedDict\n)\x81.": "instruction NEWOBJ",
    b"\x80\x02]X\x01\x00\x00\x00aNs.": "fills what is no dict",
    b"\x80\x02X\x01\x00\x00\x00aQ.": "damaged",
    b"\x80\x02h\x07.": "damaged",
    b"\x80\x02R.": "damaged",
    b"\x80\x02}": "damaged",
    b"\x80\x02\x82\x01.": "instruction EXT1",
    b"": "damaged",
}


@pytest.mark.parametrize(("program", "message"), PROGRAMS.items())
def test_a_program_that_is_no_checkpoint_is_refused(program, message, archive):
    with pytest.raises(ValueError, match=message):
        read_archive(archive({"w/data.pkl": program}))


def test_tuples_in_tuples_take_no_time(archive):
    """Hashed, or compared, they would take for ever."""
    nested = b")q\x00" + b"h\x00\x86q\x00" * 80
    for end in (b"Ns.", b"\x93.", b"Q.", b"R.", b"b."):
        with pytest.raises(ValueError, match="not an archive"):
            read_archive(archive({"w/data.pkl": b"\x80\x02}" + nested + end}))


def _tensor_of(size):
    tensor = _Tensor("a", 0, (size,), (1,))
    tensor.storage.size = size
    return tensor


def test_a_storage_cut_short_is_refused(write):
    with pytest.raises(ValueError, match="storage 'a' is cut short"):
        read_archive(write({"w": _tensor_of(7)}, a=np.arange(6)))


def test_a_storage_of_two_lengths_is_refused(write):
    with pytest.raises(ValueError, match="two types or lengths"):
        read_archive(write({"v": _tensor_of(5), "w": _tensor_of(6)}, a=np.arange(6)))


def test_views_that_fill_the_memory_are_refused(write):
    views = {str(i): _Tensor("a", 0, (1 << 20, 6), (0, 1)) for i in range(9)}
    with pytest.raises(ValueError, match="far larger than the file"):
        read_archive(write(views, a=np.arange(6)))


def test_a_compressed_archive_is_refused(archive):
    bomb = {"w/data.pkl": bytes(1 << 20)}
    with pytest.raises(ValueError, match="compressed or encrypted"):
        read_archive(archive(bomb, zipfile.ZIP_DEFLATED))


def test_members_that_overlap_are_refused(archive):
    path = archive({"w/data.pkl": b"}.", "w/data/0": bytes(4000)})
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    for field in (20, 24):  # compressed and plain size
        content[entry + field : entry + field + 4] = struct.pack("<I", 9000)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="larger than the file"):
        read_archive(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_given_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.pth", "w") as file:
        file.writestr("w/data.pkl", b"}.")
        file.writestr("w/data.pkl", b"}.")
    with pytest.raises(ValueError, match=r"two members 'w/data\.pkl'"):
        read_archive(tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"w/byteorder": "big"}, "big-endian"),
        ({"w/constants.pkl": b"}."}, "program of TorchScript"),
        ({"v/data.pkl": b"}."}, "no data.pkl"),
    ],
)
def test_archives_of_another_kind_are_refused(members, message, archive):
    with pytest.raises(ValueError, match=message):
        read_archive(archive({"w/data.pkl": b"}.", **members}))


def test_a_checkpoint_without_tensors_is_told_of(write):
    with pytest.raises(ValueError, match="no tensors in it"):
        read_archive(write({"epoch": 3}))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\x88X\x0a", b"\x89X\x0a", "big-endian"),
        (b"\x80\x02\x8a\x0al", b"\x80\x02\x8a\x0am", "does not start"),
    ],
)
def test_an_old_archive_of_another_kind_is_refused(old, new, message, shared, tmp_path):
    path = shared("golden", "utae_checkpoint_tiny", "model_legacy_format.pth.tar")
    content = path.read_bytes()
    assert old in content
    (tmp_path / "w.pth").write_bytes(content.replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        read_archive(tmp_path / "w.pth")


@pytest.mark.parametrize("file", ["model.pth.tar", "model_legacy_format.pth.tar"])
def test_a_damaged_file_is_read_or_refused_in_one_line(file, shared, tmp_path):
    content = shared("golden", "utae_checkpoint_tiny", file).read_bytes()
    path, rng = tmp_path / "w.pth", np.random.default_rng(0)
    told = []
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(0, len(damaged), 20):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(1, 2 * len(damaged))])
        with contextlib.suppress(ValueError):
            read_archive(path)
            continue
        with pytest.raises(ValueError, match=re.escape(f"{path}: ")) as error:
            read_archive(path)
        told.append(str(error.value))
    assert len(told) > 20
    assert not any("\n" in line for line in told)
