"""YAML is read by the rules of YAML 1.2, and what is written reads back equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerasseg.recipe import document

pytestmark = pytest.mark.once

_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text("abc-1e.:#", max_size=5), inner)
    ),
    max_leaves=8,
)


@given(_values)
def test_what_is_written_reads_back_equal(value):
    assert document.parse(document.dumps(value)).content == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("-1.", -1.0),
        ("010", 10),
        ("0o10", 8),
        ("0x10", 16),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("no", "no"),
        ("on", "on"),
        ("2020-01-01", "2020-01-01"),
        ("~", None),
        ("", None),
        ("True", True),
        ("'1e-3'", "1e-3"),
        ("e1", "e1"),
        ("1e", "1e"),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says(text, value):
    read = document.value(text)
    assert read == value
    assert type(read) is type(value)


def test_lines_are_those_of_the_keys():
    found = document.parse("# head\na:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n")
    assert found.lines[("a",)] == 2
    assert found.lines[("a", "c")] == 4
    assert found.lines[("a", "c", 1, "d")] == 6


def test_a_key_given_twice_is_found_at_any_depth():
    found = document.parse("a:\n  - b: 1\n    c: 2\n    b: 3\n")
    assert [(fault.key, fault.message) for fault in found.faults] == [
        (("a", 0, "b"), "given twice, first on line 2.")
    ]


def test_shared_parts_can_be_merged():
    found = document.parse("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n")
    assert found.content["y"] == {"a": 1, "b": 3}
    assert not found.faults


@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "[" * 99 + "]" * 99])
def test_endless_nesting_is_refused(text):
    with pytest.raises(document.NotYamlError, match="nested too deeply"):
        document.parse(text)


def test_tags_that_run_code_are_refused():
    with pytest.raises(
        document.NotYamlError, match="could not determine a constructor"
    ):
        document.parse("!!python/object/apply:os.getcwd []")
