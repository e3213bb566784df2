"""A legend: what the values of a label raster mean, and how they are drawn."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kerasseg.places import place

IGNORE = 255
"""The label of a pixel whose class is unknown: not learnt, not scored."""


class LegendError(ValueError):
    """A legend that cannot be read, or a label that is not in it."""


@dataclass(frozen=True)
class Entry:
    """One class.

    Args:
        name: What the map's reader sees.
        color: Red, green and blue, 0 to 255.
        codes: The raster values that stand for it. A class without any is never in a
            label: a model may have an answer for it, but no map shows it.
    """

    name: str
    color: tuple[int, int, int]
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Legend:
    """The classes of a map, in the order of their indices.

    Args:
        classes: Class `i` of the map is `classes[i]`.
        ignored: Entries that become `IGNORE`: unlabelled, no data.
    """

    classes: tuple[Entry, ...]
    ignored: tuple[Entry, ...] = ()

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.classes)

    @property
    def colors(self) -> np.ndarray:
        """uint8 `(num_classes, 3)`."""
        return np.array([entry.color for entry in self.classes], np.uint8)

    @property
    def possible(self) -> np.ndarray:
        """Which classes a label can hold, and a map therefore may, bool."""
        return np.array([bool(entry.codes) for entry in self.classes])

    def from_codes(self, raster: np.ndarray) -> np.ndarray:
        """Turn raster values `(H, W)` into class indices, uint8 `(H, W)`.

        Raises:
            LegendError: If a value is neither a class nor ignored.
        """
        values, inverse = np.unique(raster, return_inverse=True)
        table = {code: index for index, code in self._indexed("codes")}
        unknown = [value for value in values.tolist() if value not in table]
        if unknown:
            raise LegendError(
                f"label value {_listed(unknown)} is not in the legend, which knows "
                f"{_listed(sorted(table))}. Add it to `classes` or to `ignored`."
            )
        indices = np.array([table[value] for value in values.tolist()], np.uint8)
        return indices[inverse.reshape(raster.shape)]

    def from_colors(self, raster: np.ndarray) -> np.ndarray:
        """Turn colours, uint8 `(H, W, 3)`, into class indices, uint8 `(H, W)`.

        Raises:
            LegendError: If a colour is neither a class's nor ignored.
        """
        packed = _pack(raster)
        values, inverse = np.unique(packed, return_inverse=True)
        table = {
            int(_pack(np.array(color, np.uint8))): index
            for index, color in self._indexed("color")
        }
        unknown = [value for value in values.tolist() if value not in table]
        if unknown:
            raise LegendError(
                f"colour {_listed([f'#{value:06X}' for value in unknown])} is not in "
                f"the legend, which knows "
                f"{_listed([f'#{value:06X}' for value in table])}. "
                "Add it to `classes` or to `ignored`."
            )
        indices = np.array([table[value] for value in values.tolist()], np.uint8)
        return indices[inverse.reshape(packed.shape)]

    def to_colors(self, label: np.ndarray) -> np.ndarray:
        """Turn class indices `(H, W)` into colours, uint8 `(H, W, 3)`.

        Pixels that are `IGNORE` become black.
        """
        table = np.zeros((256, 3), np.uint8)
        table[: self.num_classes] = self.colors
        return table[label]

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads: plain lists, numbers and strings."""
        return {
            "classes": [_entry_to_dict(entry) for entry in self.classes],
            "ignored": [_entry_to_dict(entry) for entry in self.ignored],
        }

    def _indexed(self, field: str) -> list[tuple[int, Any]]:
        """List (index, code or colour) pairs, ignored entries last."""
        pairs = [*enumerate(self.classes), *((IGNORE, e) for e in self.ignored)]
        if field == "codes":
            return [(index, code) for index, entry in pairs for code in entry.codes]
        return [(index, entry.color) for index, entry in pairs]


def from_dict(content: Mapping[str, Any], source: str = "legend") -> Legend:
    """Make a legend from the content of a legend file.

    Args:
        content: `classes` and, optionally, `ignored`: lists of entries with `name`,
            `color` (`"#RRGGBB"` or `[r, g, b]`) and `code` or `codes`. A class
            without a code has its position as code.
        source: The file, for messages.

    Raises:
        LegendError: If an entry is incomplete, or a name or code occurs twice.
    """
    if not isinstance(content, Mapping) or not content.get("classes"):
        raise LegendError(f"{source}: no classes. Give a list under `classes`.")
    unknown = set(content) - {"classes", "ignored"}
    if unknown:
        raise LegendError(
            f"{source}: unknown key {_listed(sorted(unknown))}. "
            "A legend has `classes` and `ignored`."
        )
    classes = tuple(
        _entry(item, position, f"{source}: classes[{position}]")
        for position, item in enumerate(content["classes"])
    )
    ignored = tuple(
        _entry(item, None, f"{source}: ignored[{position}]")
        for position, item in enumerate(content.get("ignored") or ())
    )
    if len(classes) > IGNORE:
        raise LegendError(f"{source}: {len(classes)} classes. At most {IGNORE} fit.")
    _check_unique([entry.name for entry in classes], "class name", source)
    codes = [code for entry in (*classes, *ignored) for code in entry.codes]
    _check_unique(codes, "code", source)
    return Legend(classes, ignored)


def read(path: str | Path) -> Legend:
    """Read a legend from a YAML or JSON file.

    Raises:
        FileNotFoundError: If there is no such file.
        LegendError: If the file is not a legend.
    """
    path = place(path)
    if not path.is_file():
        raise FileNotFoundError(f"no legend at {path}. Write one, or correct the path.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LegendError(f"{path}{_reason(error)}") from None
    return from_dict(content, str(path))


def dumps(legend: Legend) -> str:
    """Return the text of a legend file, JSON that is also YAML."""
    return json.dumps(legend.to_dict(), indent=2, ensure_ascii=False) + "\n"


def _entry(item: Any, position: int | None, where: str) -> Entry:
    if not isinstance(item, Mapping) or "name" not in item:
        raise LegendError(f"{where}: {item!r}. Give `name`, `color` and `code`.")
    unknown = set(item) - {"name", "color", "code", "codes"}
    if unknown:
        raise LegendError(
            f"{where}: unknown key {_listed(sorted(unknown))}. "
            "An entry has `name`, `color` and `code` or `codes`."
        )
    codes = item.get("codes", item.get("code", position))
    if codes is None:
        codes = ()
    codes = (codes,) if isinstance(codes, int) else tuple(codes)
    if not all(isinstance(code, int) for code in codes):
        raise LegendError(f"{where}: code {codes!r}. Give whole numbers.")
    return Entry(str(item["name"]), _color(item.get("color"), where), codes)


def _color(value: Any, where: str) -> tuple[int, int, int]:
    try:
        if isinstance(value, str):
            value = bytes.fromhex(value.removeprefix("#"))
        red, green, blue = (int(part) for part in value)
        if all(0 <= part <= 255 for part in (red, green, blue)):
            return red, green, blue
    except (TypeError, ValueError):
        pass
    raise LegendError(f'{where}: color {value!r}. Give "#RRGGBB" or [r, g, b].')


def _entry_to_dict(entry: Entry) -> dict[str, Any]:
    color = "#{:02X}{:02X}{:02X}".format(*entry.color)
    return {"name": entry.name, "color": color, "codes": list(entry.codes)}


def _reason(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    """Word what a parser says: the line, and what is wrong there."""
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    what = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"{line}: not YAML or JSON: {what}. Correct it there."


def _check_unique(values: list, what: str, source: str) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise LegendError(
            f"{source}: {what} {_listed(twice)} occurs twice. Give it once."
        )


def _pack(colors: np.ndarray) -> np.ndarray:
    """Pack `(..., 3)` uint8 into one integer per colour, 0xRRGGBB."""
    wide = colors.astype(np.uint32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _listed(values: list) -> str:
    shown = ", ".join(str(value) for value in values[:8])
    return shown + (f" and {len(values) - 8} more" if len(values) > 8 else "")
