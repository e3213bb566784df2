"""Names and options are known without importing what they name."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kerasseg import lookup

pytestmark = pytest.mark.once


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A package of the user's own that must not be imported to be looked at."""
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .nets import tiny as small\n")
    (folder / "constants.py").write_text("WIDTHS = (8, 16)\nMode = 'int | None'\n")
    (folder / "nets.py").write_text(
        textwrap.dedent(
            '''
            import lab.constants as c
            from collections.abc import Sequence
            from pathlib import Path
            from typing import Annotated, Literal
            from annotated_types import Interval
            from lab import constants
            from lab.constants import WIDTHS

            raise RuntimeError("imported")

            Norm = Literal["batch", "group"]

            def tiny(
                bands: int,
                num_classes: int,
                *,
                widths: Sequence[int] = WIDTHS,
                deep: Sequence[int] = constants.WIDTHS,
                norm: Norm = "batch",
                rate: Annotated[float, Interval(ge=0, lt=1)] = 0.5,
                table: Path | None = None,
                hook: "keras.Layer" = make_one(),
                model_kind: str,
            ):
                """Build a tiny net.

                More on it.

                Args:
                    widths: Channels of each level,
                        finest first.
                    norm (str): How to normalise: `batch` or `group`.

                Returns:
                    widths: not a parameter.
                """
            '''
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def _options(name, options, folder=Path("/base")):
    return lookup.check("model", name, options, dict.fromkeys(options, folder))


def test_a_signature_is_read_without_running_the_module(lab):
    found = lookup.signature("model", "lab.nets.tiny")
    assert found.summary == "Build a tiny net."
    assert found.reserved == ("bands", "num_classes")
    assert [p.name for p in found.parameters] == (
        ["widths", "deep", "norm", "rate", "table", "hook", "model_kind"]
    )
    assert "lab" not in sys.modules


def test_a_signature_is_found_through_a_re_export(lab):
    assert lookup.signature("model", "lab.small").summary == "Build a tiny net."


def test_descriptions_come_from_the_docstring(lab):
    found = {p.name: p for p in lookup.signature("model", "lab.nets.tiny").parameters}
    assert found["widths"].description == "Channels of each level, finest first."
    assert found["norm"].description == "How to normalise: `batch` or `group`."


def test_defaults_are_read_through_names(lab):
    found = {p.name: p for p in lookup.signature("model", "lab.nets.tiny").parameters}
    assert found["widths"].default == found["deep"].default == (8, 16)
    assert found["model_kind"].required
    assert not found["hook"].required
    assert not found["hook"].known_default


def test_defaults_are_filled_in_where_they_are_known(lab):
    options, faults = _options("lab.nets.tiny", {"model_kind": "a", "widths": [1, 2]})
    assert not faults
    assert options == {
        "widths": (1, 2),
        "deep": (8, 16),
        "norm": "batch",
        "rate": 0.5,
        "table": None,
        "model_kind": "a",
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"widths": ["1"]}, "['1'] is not a list with a whole number each."),
        ({"widths": 3}, "3 is not a list with a whole number each."),
        ({"norm": "bach"}, "'bach' is not batch or group. Did you mean 'batch'?"),
        ({"rate": 1.0}, "1.0 is not a number at least 0 and below 1."),
        ({"rate": float("nan")}, "nan is not a number at least 0 and below 1."),
        ({"rate": True}, "true is not a number at least 0 and below 1."),
        ({"table": 3}, "3 is not a path or null."),
        ({"width": [3]}, "lab.nets.tiny has no option 'width'. Did you mean 'widths'?"),
        ({"bands": 3}, "lab.nets.tiny has no option 'bands'. kerasseg fills it in:"),
    ],
)
def test_a_wrong_option_is_told_with_what_is_right(lab, options, told):
    _, faults = _options("lab.nets.tiny", {"model_kind": "a", **options})
    assert [fault.message[: len(told)] for fault in faults] == [told]


def test_all_wrong_options_are_told_at_once(lab):
    _, faults = _options("lab.nets.tiny", {"rate": "x", "norm": 1})
    assert {fault.key for fault in faults} == {("rate",), ("norm",), ("model_kind",)}


def test_a_whole_number_is_a_number(lab):
    options, faults = _options("lab.nets.tiny", {"model_kind": "a", "rate": 0})
    assert not faults
    assert options["rate"] == 0


def test_relative_paths_count_from_the_folder_that_is_given(lab):
    given = {"model_kind": "a", "table": "../t.csv"}
    options, _ = _options("lab.nets.tiny", given, Path("/base/in"))
    assert options["table"] == Path("/base/t.csv")


def test_a_module_without_source_is_imported_after_all():
    found = lookup.signature("model", "operator.add")
    assert [parameter.name for parameter in found.parameters] == ["a", "b"]


@pytest.mark.parametrize(
    "name", ["lab.nets.tny", "lab.nests.tiny", "nowhere_at_all.build", "lab..tiny"]
)
def test_a_dotted_path_that_leads_nowhere_is_told(tmp_path, monkeypatch, name):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/nets.py").write_text("def tiny(bands, num_classes): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LookupError, match="nothing can be imported from there"):
        lookup.signature("model", name)


@pytest.mark.parametrize(
    ("kind", "wrong", "advice"),
    [
        ("model", "unett", "Did you mean 'unet'"),
        ("loss", "lovely", "Choose from: cross_entropy, "),
        ("dataset", "patch", "Did you mean 'patches'"),
        ("augment", "flips", "Did you mean 'flip'"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(kind, wrong, advice):
    with pytest.raises(LookupError, match=advice):
        lookup.signature(kind, wrong)


@pytest.mark.parametrize(
    ("kind", "name"), [(k, n) for k in lookup.KINDS for n in lookup.names(k)]
)
def test_every_name_says_what_its_options_are_for(kind, name):
    found = lookup.signature(kind, name)
    assert found.summary
    assert set(found.reserved) >= set(lookup.KINDS[kind].reserved)


@pytest.mark.parametrize(
    "weights",
    ["inverse", "none", None, [1, 2.5]],
    ids=["inverse", "none", "null", "list"],
)
def test_class_weights_are_a_list_or_found_at_fit(weights):
    for name in lookup.names("loss"):
        options, faults = lookup.check("loss", name, {"class_weights": weights}, {})
        assert not faults
        right = (
            {"none": None, "inverse": "inverse"}.get(weights)
            if not isinstance(weights, list)
            else (1, 2.5)
        )
        assert options["class_weights"] == right


def test_looking_up_every_name_imports_no_backend():
    code = """
        import sys
        from kerasseg import lookup
        for kind in lookup.KINDS:
            for name in lookup.names(kind):
                lookup.signature(kind, name)
        print({"keras", "jax", "tensorflow", "mlflow", "rasterio"} & set(sys.modules))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
