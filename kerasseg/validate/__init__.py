"""Validate a map that is finished, over a whole scene: how right, and how much of what.

Two kinds of truth are told apart, for they allow different claims.

*Points* are a sample: a place was drawn at random, and someone looked. Accuracies and
areas are estimated from it, stratified by mapped class, with the intervals of good
practice (`estimates`). That their places were drawn at random, within classes or over
the whole map, is for the user to know.

*Rasters* are a census of the ground they cover, and their pixels no sample: intervals
come from drawing blocks of ground again (`bootstrap`). Where labels cover the whole
map, accuracy and areas are exact, and intervals say what to expect on other ground of
this kind. Where they cover a part, it stands for the rest, class by class of the map;
labels made where they were easiest to make do not, and no interval tells.

Both are weighted by the area that the whole map gives each class. Errors of the truth
itself count as errors of the map. Truth that a model was fitted on tells how well it
remembers. A folder of patches is truth, too: its test split is the ground held back,
and the only part of the map that is looked at.
"""

from datetime import datetime
from pathlib import Path

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.datasets.patches import LEGEND
from kerasseg.datasets.patches.files import read_about
from kerasseg.legend import Legend, LegendError
from kerasseg.validate import bootstrap, counting, points, wording
from kerasseg.validate.counting import Progress
from kerasseg.validate.estimates import stratified
from kerasseg.validate.validation import Validation, write

__all__ = ["Validation", "against", "write"]


def against(
    map_path: str | Path,
    truth: str | Path,
    *,
    legend: str | Path | None = None,
    block: int | None = None,
    split: str = "test",
    seed: int = 1,
    progress: Progress = None,
) -> Validation:
    """Validate a map against labels or points, streaming both.

    Args:
        map_path: The map, a raster of one band.
        truth: A label raster, on any grid; points, CSV or GeoJSON, see `points.read`;
            or a folder of patches of the scene, with a legend of its own.
        legend: What values mean, YAML or JSON. A map of `predict` names its classes: it
            holds their indices, and so must the labels if no legend says otherwise.
        block: Pixels along the side of the blocks that intervals are drawn from; more
            than errors hang together. By default a sixteenth of the map.
        split: Which patches of a folder.
        seed: Of the draws.
        progress: Called with (blocks done, blocks in all).

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If files do not fit each other or the legend, or share no ground.
    """
    map_path, truth = Path(map_path), Path(truth)
    if truth.suffix.lower() in _VECTORS:
        raise ValueError(
            f"{truth}: vectors are not read in this form. Write points as GeoJSON: "
            f"`ogr2ogr points.geojson {truth}`; rasterise polygons."
        )
    about = raster.info(map_path)
    if truth.is_dir():
        legend = _own_legend(truth, legend)
    known = _legend(map_path, legend)
    details = {
        "Map": map_path.name,
        "Truth": f"{truth.name}, {split}" if truth.is_dir() else truth.name,
        "Pixels of the map": f"{about.height:,} × {about.width:,}",
        "Date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
    }
    if truth.suffix.lower() in points.SUFFIXES:
        return _by_points(map_path, truth, about, known, details)
    if legend is None:
        details["Label values"] = wording.indices(known)
    try:
        counted = counting.count(map_path, truth, known, block, progress, split)
    except LegendError as error:
        if legend:
            raise
        raise LegendError(
            f"{error} No legend was given: label values are taken for the map's "
            f"indices, {wording.indices(known)}. If they are others, give a legend."
        ) from None
    return _by_raster(counted, about, known, details, truth, seed)


_VECTORS = (".gpkg", ".shp", ".parquet", ".fgb", ".kml")


def _own_legend(folder: Path, given: str | Path | None) -> Path:
    if given:
        raise ValueError(
            f"{folder} has its own legend, {LEGEND}: {given} is not needed. Leave "
            "--legend out."
        )
    read_about(folder)  # Whether there are patches at all
    return folder / LEGEND


def _legend(map_path: Path, path: str | Path | None) -> Legend:
    known = legends.read(path) if path else raster.read_legend(map_path)
    if known is None:
        raise LegendError(
            f"{map_path}: names no classes, as a map of `kerasseg predict` does. Give "
            "a legend with --legend."
        )
    return known


def _by_points(map_path, truth, about, known, details) -> Validation:
    matrix, mapped, left_out = points.count(map_path, points.read(truth, known), known)
    details |= {"Points": f"{int(matrix.sum()):,}", "Points left out": f"{left_out:,}"}
    return Validation(
        legend=known,
        matrix=matrix,
        mapped=mapped,
        estimates=stratified(matrix, mapped / mapped.sum()),
        basis="95 % intervals of a random sample, stratified by mapped class (Olofsson "
        "et al., 2014)." + wording.unseen(matrix, mapped, known, "points"),
        hectares=_hectares(about),
        details=details,
    )


def _by_raster(counted, about, known, details, truth: Path, seed: int) -> Validation:
    matrix = counted.blocks.sum(axis=0)
    if not matrix.any():
        raise ValueError(
            f"{truth}: no pixel of a class where the map has one. Give labels of the "
            "same place, or correct the legend."
        )
    looked = counted.blocks.any(axis=(1, 2)).sum()
    share = matrix.sum() / counted.mapped.sum()
    details |= {
        "Labelled": f"{matrix.sum():,} pixels, {share:.1%} of the map",
        "Blocks": f"{looked:,} of {counted.side} × {counted.side} pixels",
    }
    if counted.is_warped:
        details["Grid of the labels"] = "another one: read at the nearest pixel"
    is_census = share >= wording.CENSUS
    weights = None if is_census else counted.mapped / counted.mapped.sum()
    return Validation(
        legend=known,
        matrix=matrix,
        mapped=counted.mapped,
        estimates=bootstrap.clustered(counted.blocks, weights, seed),
        basis=wording.covered(share, int(looked))
        + wording.unseen(matrix, counted.mapped, known, "label")
        + wording.presumed(details),
        hectares=_hectares(about),
        details=details,
        overview=(counted.truth, counted.prediction),
    )


def _hectares(about: raster.Info) -> float | None:
    """Return the area of a pixel; none in degrees, where it changes from row to row."""
    if about.crs is None or not about.crs.is_projected:
        return None
    metres = about.crs.linear_units_factor[1]
    return abs(about.transform.determinant) * metres**2 / 10_000
