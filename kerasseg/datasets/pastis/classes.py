"""The classes of PASTIS, or those a `classes.json` beside its metadata names."""

from pathlib import Path
from typing import Any

from kerasseg import legend as legends
from kerasseg.datasets.patch_series.metadata import read_json
from kerasseg.legend import Legend, LegendError

VOID = 19
"""The label of parcels that lie mostly outside their patch, or have no known crop."""

_CLASSES = {
    "Background": "#000000",
    "Meadow": "#AEC7E8",
    "Soft winter wheat": "#FF7F0E",
    "Corn": "#FFBB78",
    "Winter barley": "#2CA02C",
    "Winter rapeseed": "#98DF8A",
    "Spring barley": "#D62728",
    "Sunflower": "#FF9896",
    "Grapevine": "#9467BD",
    "Beet": "#C5B0D5",
    "Winter triticale": "#8C564B",
    "Winter durum wheat": "#C49C94",
    "Fruits, vegetables, flowers": "#E377C2",
    "Potatoes": "#F7B6D2",
    "Leguminous fodder": "#7F7F7F",
    "Soybeans": "#C7C7C7",
    "Orchard": "#BCBD22",
    "Mixed cereal": "#DBDB8D",
    "Sorghum": "#17BECF",
}
_VOID = {"name": "Void", "color": "#FFFFFF"}

LEGEND = legends.from_dict(
    {
        "classes": [
            *({"name": name, "color": color} for name, color in _CLASSES.items()),
            {**_VOID, "codes": []},
        ],
        "ignored": [{**_VOID, "code": VOID}],
    }
)


def legend(root: Path) -> Legend:
    """Return the legend of `classes.json`, where there is one, or that of PASTIS.

    The file is a list of `{"index": 0, "name": "Meadow"}`, with `color` if wished.
    Indices run from 0 without a gap; 19 is void whatever its name.

    Raises:
        LegendError: If it is another file.
    """
    path = root / "classes.json"
    if not path.is_file():
        return LEGEND
    content = read_json(path)
    named = _named(content, path)
    named.pop(VOID, None)
    if sorted(named) != list(range(len(named))):
        raise LegendError(
            f"{path} names indices {', '.join(map(str, sorted(named)))}. Number "
            f"classes from 0 without a gap; {VOID} is void."
        )
    colors = list(_CLASSES.values())
    classes = [
        {"name": entry["name"], "color": entry.get("color", colors[index])}
        for index, entry in sorted(named.items())
    ]
    ignored = [{**_VOID, "code": VOID}]
    return legends.from_dict({"classes": classes, "ignored": ignored}, str(path))


def _named(content: Any, path: Path) -> dict[int, dict]:
    try:
        return {
            int(entry["index"]): {"name": entry["name"], **entry} for entry in content
        }
    except (TypeError, KeyError, ValueError):
        raise LegendError(
            f'{path} is not a list of {{"index": 0, "name": "Meadow"}} and so on. '
            "Correct it, or remove it where classes are those of PASTIS."
        ) from None
