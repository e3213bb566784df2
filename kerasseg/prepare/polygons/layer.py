"""A layer of polygons, looked at before any is drawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio

from kerasseg import places, raster
from kerasseg.legend import Legend, LegendError
from kerasseg.prepare.polygons import files
from kerasseg.raster import ground

SUFFIXES = (".gpkg", ".parquet", ".geoparquet", ".shp", ".geojson", ".fgb")
_NEEDED = ("pyogrio", "pyarrow", "shapely")
_BESIDE = (".dbf", ".shx", ".prj", ".cpg")
_FILLED = 1
"""What polygons are where no attribute tells classes apart."""


def is_vector(path: str | Path) -> bool:
    """Tell by its suffix whether a file holds polygons."""
    return Path(path).suffix.lower() in SUFFIXES


def parts_of(path: Path) -> list[Path]:
    """List the files that one is made of: attributes and more lie beside a Shapefile.

    Any other file, a raster too, is its own only part.
    """
    if path.suffix.lower() != ".shp":
        return [path]
    beside = [path.with_suffix(suffix) for suffix in _BESIDE]
    return [path, *filter(places.exists, beside)]


@dataclass(frozen=True)
class Layer:
    """A layer of polygons and what they stand for; a process can be given it.

    Args:
        path: The file.
        name: The layer; None for a file of one.
        attribute: The field of the class, or None.
        crs: Its reference system, as WKT.
        codes: What each text of the attribute is drawn as, None being unlabelled.
        background: The value where there is no polygon, or None: unlabelled.
        unknown: How many polygons have a text that the legend does not know.
        refine: Rows and columns that a pixel of the image is cut into.
    """

    path: Path
    name: str | None
    attribute: str | None
    crs: str
    codes: Mapping[str, int | None]
    background: int | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)
    refine: int = 1

    def info(self, like: raster.Info) -> raster.Info:
        """Describe the grid that polygons are drawn on: that of an image, refined."""
        drawn = [v for v in (*self.codes.values(), self.background) if v is not None]
        kind = np.result_type(np.uint8, *map(np.min_scalar_type, drawn))
        return replace(
            like,
            path=self.path,
            height=like.height * self.refine,
            width=like.width * self.refine,
            dtype=str(kind),
            bands=("label",),
            transform=like.transform @ rasterio.Affine.scale(1 / self.refine),
            nodata=None,
            palette=None,
        )


def describe(
    path: str | Path,
    legend: Legend | None = None,
    attribute: str | None = None,
    name: str | None = None,
    background: int | None = None,
    unknown: Literal["refuse", "ignore"] = "refuse",
    refine: int = 1,
) -> Layer:
    """Look at a layer of polygons.

    Args:
        path: The file.
        legend: What values of the attribute mean: codes, or names of classes.
        attribute: The field of the class. Without one, each polygon is 1.
        name: The layer, where a file has several.
        background: The value where there is no polygon.
        unknown: What becomes of values that the legend does not know.
        refine: Rows and columns that a pixel of the image is cut into.

    Raises:
        FileNotFoundError: If there is no such file.
        ModuleNotFoundError: If what reads polygons is not installed.
        ValueError: If the layer has no CRS, no such attribute, or no polygon.
        LegendError: If a value is not in the legend.
    """
    path = places.place(path)
    if not places.exists(path):
        raise FileNotFoundError(f"no polygons at {path}. Correct the path.")
    if any(find_spec(needed) is None for needed in _NEEDED):
        raise ModuleNotFoundError(
            f'{path}: polygons need pyogrio. Run `pip install "kerasseg[vector]"`.'
        )
    path = places.fetched(path)
    name = files.chosen(path, name)
    about = files.about(path, name)
    _check(path, about, attribute, refine)
    known = _known(legend) if legend else None
    drawn = {*(known or {}).values()} - {None}
    if known is not None and background not in {*drawn, None}:
        raise LegendError(
            f"background {background} is no class of the legend, which knows "
            f"{', '.join(map(str, sorted(drawn)))}."
        )
    codes, strange = {"": _FILLED}, {}
    if attribute is not None:
        codes, strange = _codes(files.values(path, name, attribute), known)
    if strange and unknown == "refuse":
        raise _strange(path, attribute, strange, known)
    return Layer(
        path, name, attribute, about["crs"], codes, background, strange, refine
    )


def check_meets(layer: Layer, image: raster.Info) -> None:
    """See to it that polygons share ground with an image.

    Raises:
        ValueError: If they do not.
    """
    box = ground.Box(*files.extent(layer.path, layer.name))
    place = rasterio.Affine(
        box.east - box.west, 0, box.west, 0, box.south - box.north, box.north
    )
    crs = rasterio.crs.CRS.from_wkt(layer.crs)
    frame = raster.Info(layer.path, 1, 1, "uint8", ("label",), crs, place)
    if not ground.meet(frame, image):
        raise ValueError(
            f"{layer.path} and {image.path} share no ground: its polygons lie at "
            f"{box.text()} of {crs.to_string()}. Give polygons of the same place, or "
            "correct their reference system."
        )


def _check(path: Path, about: dict, attribute: str | None, refine: int) -> None:
    if refine < 1:
        raise ValueError(f"refine {refine}. Give 1 or more.")
    if not about["crs"]:
        raise ValueError(
            f"{path}: polygons without coordinate reference system, so they lie "
            "nowhere. Assign one."
        )
    if not about["features"]:
        raise ValueError(
            f"{path}: no polygon in it. Name another layer, or another file."
        )
    if attribute is not None and attribute not in about["fields"]:
        raise ValueError(
            f"{path}: no attribute {attribute!r}. There are "
            f"{', '.join(about['fields']) or 'none'}."
        )


def _known(legend: Legend) -> dict[str, int | None]:
    """Map names and codes of a legend, as texts, to the value that is drawn."""
    known: dict[str, int | None] = {}
    for index, entry in enumerate(legend.classes):
        drawn = entry.codes[0] if entry.codes else index
        known |= dict.fromkeys(map(str, (entry.name, *entry.codes, drawn)), drawn)
    for entry in legend.ignored:
        known |= dict.fromkeys(map(str, (entry.name, *entry.codes)))
    return known


def _codes(
    texts: np.ndarray, known: Mapping[str, int | None] | None
) -> tuple[dict[str, int | None], dict[str, int]]:
    """Map each text of an attribute to what is drawn; count the unknown ones."""
    found, times = np.unique(texts, return_counts=True)
    codes: dict[str, int | None] = {}
    strange: dict[str, int] = {}
    for text, number in zip(found.tolist(), times.tolist(), strict=True):
        # A whole number comes as 7.0 from formats that know floats only.
        whole = re.fullmatch(r"(-?\d+)(\.0+)?", text)
        plain = whole[1] if whole else text
        if known is None and whole:
            codes[text] = int(plain)
        elif known is not None and plain in known:
            codes[text] = known[plain]
        else:
            codes[text], strange[text] = None, number
    return codes, strange


def _strange(
    path: Path, attribute: str, strange: Mapping[str, int], known: Mapping | None
) -> LegendError:
    shown = ", ".join(map(repr, [*strange][:8]))
    shown += f" and {len(strange) - 8} more" if len(strange) > 8 else ""
    if known is None:
        return LegendError(
            f"{path}: {attribute} {shown} is no whole number. Give a legend whose "
            "classes have the names of the attribute."
        )
    return LegendError(
        f"{path}: {attribute} {shown} is not in the legend, which knows "
        f"{', '.join(known)}. Add it to `classes` or to `ignored`."
    )
