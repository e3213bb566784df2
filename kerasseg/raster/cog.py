"""Cloud-Optimized GeoTIFF, made of the pieces of a raster that lie side by side.

A view (VRT) puts the pieces together without copying them, and GDAL's COG driver writes
the tiles, the overviews and their order in one go, whatever the size of the raster.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import rasterio
import rasterio.shutil
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from kerasseg.raster import whole
from kerasseg.raster.describing import Info, RasterError
from kerasseg.raster.opening import quietly
from kerasseg.raster.window import Window

TILE = 512
"""Pixels along a side of the tiles: the driver's own choice."""

_TYPES = {"uint8": "Byte", "float32": "Float32"}


def join(
    pieces: Sequence[tuple[Path, Window]],
    like: Info,
    path: Path,
    *,
    overviews: Literal["mode", "average"],
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write pieces as one Cloud-Optimized GeoTIFF; it appears when it is whole.

    Bands, their names, colours, scales and nodata are those of the first piece.

    Args:
        pieces: Files and where each of them lies; together they cover the raster.
        like: The raster whose size and georeferencing it takes.
        path: Where the file will be. Others are written beside it meanwhile.
        overviews: How pixels are put together for smaller scales: `mode` for classes,
            which must never be blended.
        tags: Of the file.

    Raises:
        OSError: If the place cannot be written, or the disk is full.
    """
    view = path.with_name(f"{path.name}.vrt")
    partial = path.with_name(f"{path.name}.partial")
    tree, half = _view(pieces, like, tags or {})
    try:
        view.write_bytes(ElementTree.tostring(tree))
        with quietly(NotGeoreferencedWarning):
            _copy(view, partial, overviews, {"nbits": 16} if half else {})
        whole.check(partial)
        os.replace(partial, path)
    except (RasterioError, RasterError):
        raise whole.failure(path.name) from None
    finally:
        for left in (view, partial, partial.with_name(f"{partial.name}.ovr.tmp")):
            left.unlink(missing_ok=True)


def _copy(view: Path, path: Path, overviews: str, options: Mapping[str, int]) -> None:
    rasterio.shutil.copy(
        view,
        path,
        driver="COG",
        blocksize=TILE,
        compress="deflate",
        predictor="no" if overviews == "mode" else "yes",
        overview_resampling=overviews,
        bigtiff="if_safer",
        num_threads="all_cpus",
        **options,
    )


def _view(
    pieces: Sequence[tuple[Path, Window]], like: Info, tags: Mapping[str, str]
) -> tuple[ElementTree.Element, bool]:
    """Describe the pieces as one raster; tell whether it is of half precision."""
    root = ElementTree.Element(
        "VRTDataset", rasterXSize=str(like.width), rasterYSize=str(like.height)
    )
    if like.crs:
        ElementTree.SubElement(root, "SRS").text = like.crs.to_wkt()
    if not like.transform.is_identity:
        numbers = ", ".join(map(repr, like.transform.to_gdal()))
        ElementTree.SubElement(root, "GeoTransform").text = numbers
    _metadata(root, tags)
    with quietly(NotGeoreferencedWarning), rasterio.open(pieces[0][0]) as first:
        half = first.tags(1, ns="IMAGE_STRUCTURE").get("NBITS") == "16"
        for index in first.indexes:
            band = _band(root, first, index)
            for piece, window in pieces:
                _source(band, piece, window, index)
    return root, half


def _band(
    root: ElementTree.Element, first: rasterio.DatasetReader, index: int
) -> ElementTree.Element:
    kind = _TYPES[first.dtypes[index - 1]]
    band = ElementTree.SubElement(root, "VRTRasterBand", dataType=kind, band=str(index))
    _metadata(band, first.tags(index))
    texts = {
        "Description": first.descriptions[index - 1],
        "NoDataValue": first.nodata,
        "Scale": first.scales[index - 1],
        "ColorInterp": first.colorinterp[index - 1].name.capitalize(),
    }
    for name, text in texts.items():
        ElementTree.SubElement(band, name).text = str(text)
    if texts["ColorInterp"] == "Palette":
        table = ElementTree.SubElement(band, "ColorTable")
        for _, color in sorted(first.colormap(index).items()):
            parts = {f"c{i}": str(value) for i, value in enumerate(color, start=1)}
            ElementTree.SubElement(table, "Entry", parts)
    return band


def _source(band: ElementTree.Element, piece: Path, window: Window, index: int) -> None:
    width, height = str(window.width), str(window.height)
    source = ElementTree.SubElement(band, "SimpleSource")
    ElementTree.SubElement(source, "SourceFilename").text = str(piece.resolve())
    ElementTree.SubElement(source, "SourceBand").text = str(index)
    # With the properties given, GDAL need not open every piece at once.
    tile = {"BlockXSize": "256", "BlockYSize": "256"}
    size = {"RasterXSize": width, "RasterYSize": height}
    kind = {"DataType": band.get("dataType", "")}
    ElementTree.SubElement(source, "SourceProperties", {**size, **kind, **tile})
    corners = {"SrcRect": (0, 0), "DstRect": (window.column, window.row)}
    for name, (left, top) in corners.items():
        place = {"xOff": str(left), "yOff": str(top), "xSize": width, "ySize": height}
        ElementTree.SubElement(source, name, place)


def _metadata(parent: ElementTree.Element, tags: Mapping[str, str]) -> None:
    if tags:
        listed = ElementTree.SubElement(parent, "Metadata")
        for key, value in tags.items():
            ElementTree.SubElement(listed, "MDI", key=key).text = value
