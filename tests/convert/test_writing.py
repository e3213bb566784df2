"""What is written is what `torch.save` writes, as far as its readers look."""

import pickletools
import zipfile

import numpy as np
import pytest

from kerasseg.convert.writing import write_state
from kerasseg.weights.torch_archive import read_archive

pytestmark = pytest.mark.once

STATE = {
    "a.weight": np.arange(6, dtype="float32").reshape(2, 3),
    "a.bias": np.zeros(0, "float32"),
    "a.num_batches_tracked": np.array(7, "int64"),
    "Größe": np.ones((2, 1, 3, 1), "float32"),
}


def test_our_reader_reads_it(tmp_path):
    write_state(tmp_path / "w.pth.tar", STATE)
    found = read_archive(tmp_path / "w.pth.tar")
    assert list(found) == list(STATE)
    for key, tensor in STATE.items():
        np.testing.assert_array_equal(found[key], tensor, strict=True)


def test_it_is_laid_out_as_pytorch_lays_it_out(tmp_path):
    write_state(tmp_path / "w.pth.tar", STATE)
    with zipfile.ZipFile(tmp_path / "w.pth.tar") as archive:
        assert archive.testzip() is None
        members = {m.filename: m.file_size for m in archive.infolist()}
        assert all(m.compress_type == zipfile.ZIP_STORED for m in archive.infolist())
        program = archive.read("archive/data.pkl")
        assert archive.read("archive/byteorder") == b"little"
        assert archive.read("archive/version") == b"3\n"
    del members["archive/data.pkl"]
    assert members == {
        "archive/byteorder": 6,
        "archive/version": 2,
        "archive/data/0": 24,
        "archive/data/1": 0,
        "archive/data/2": 8,
        "archive/data/3": 24,
    }
    operations = list(pickletools.genops(program))
    asked = [argument for code, argument, _ in operations if code.name == "GLOBAL"]
    assert set(asked) == {
        "collections OrderedDict",
        "torch._utils _rebuild_tensor_v2",
        "torch FloatStorage",
        "torch LongStorage",
    }
    assert asked.count("torch LongStorage") == 1


def test_one_tensor_is_spelled_as_pytorch_spells_it(tmp_path):
    write_state(tmp_path / "w.pth.tar", {"a": STATE["a.weight"]})
    with zipfile.ZipFile(tmp_path / "w.pth.tar") as archive:
        program = archive.read("archive/data.pkl")
    spelled = [
        code.name if argument is None else (code.name, argument)
        for code, argument, _ in pickletools.genops(program)
    ]
    ordered = [("GLOBAL", "collections OrderedDict"), "EMPTY_TUPLE", "REDUCE"]
    assert spelled == [
        ("PROTO", 2),
        "EMPTY_DICT",
        ("BINUNICODE", "state_dict"),
        *ordered,
        "MARK",
        ("BINUNICODE", "a"),
        ("GLOBAL", "torch._utils _rebuild_tensor_v2"),
        "MARK",
        "MARK",
        ("BINUNICODE", "storage"),
        ("GLOBAL", "torch FloatStorage"),
        ("BINUNICODE", "0"),
        ("BINUNICODE", "cpu"),
        ("BININT", 6),
        "TUPLE",
        "BINPERSID",
        ("BININT", 0),
        "MARK",
        ("BININT", 2),
        ("BININT", 3),
        "TUPLE",
        "MARK",
        ("BININT", 3),
        ("BININT", 1),
        "TUPLE",
        "NEWFALSE",
        *ordered,
        "TUPLE",
        "REDUCE",
        "SETITEMS",
        "SETITEM",
        "STOP",
    ]


def test_equal_states_make_equal_files(tmp_path):
    for name in ("a", "b"):
        write_state(tmp_path / name, STATE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
