"""What is known of a raster before its pixels are read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import rasterio
from rasterio.enums import ColorInterp

_DEGREE = 111_320.0
"""Metres along a degree of latitude."""


class RasterError(ValueError):
    """A file that is not a raster, is damaged, or does not fit the others."""


@dataclass(frozen=True)
class Info:
    """What is known of a raster before its pixels are read.

    Args:
        path: The file, or the first of the files that make the bands.
        height: Rows.
        width: Columns.
        dtype: Name of the stored type, `"uint8"`.
        bands: One name per band: its description, else its colour, else its number.
            An alpha band is not counted.
        crs: Coordinate reference system, a rasterio `CRS`, or None.
        transform: From (column, row) to coordinates, an `Affine`.
        nodata: The value that stands for nothing, or None.
        palette: Colour by value where the file has a colour table, or None.
        is_striped: Whether whole rows lie together, rather than tiles: reading a part
            of a row means reading all of it.
    """

    path: Path
    height: int
    width: int
    dtype: str
    bands: tuple[str, ...]
    crs: rasterio.crs.CRS | None
    transform: rasterio.Affine
    nodata: float | None = None
    palette: dict[int, tuple[int, int, int]] | None = None
    is_striped: bool = False

    @property
    def count(self) -> int:
        """Number of bands."""
        return len(self.bands)

    @property
    def is_georeferenced(self) -> bool:
        return self.crs is not None or not self.transform.is_identity

    @property
    def resolution(self) -> float | None:
        """Side of a pixel in metres, the mean of both; None if that is not known.

        Where coordinates are degrees, it is that in the middle of the raster.
        """
        if self.crs is None or self.transform.is_identity:
            return None
        side = abs(self.transform.determinant) ** 0.5
        if self.crs.is_geographic:
            _, latitude = self.transform @ (self.width / 2, self.height / 2)
            return side * _DEGREE * math.cos(math.radians(latitude)) ** 0.5
        return side * self.crs.linear_units_factor[1]

    def has_grid_of(self, other: "Info") -> bool:
        """Tell whether both cover the same pixels of the same ground.

        A raster without georeferencing is taken to lie where the other does.
        """
        if (self.height, self.width) != (other.height, other.width):
            return False
        if not (self.is_georeferenced and other.is_georeferenced):
            return True
        pixel = abs(self.transform.a) + abs(self.transform.b)
        near = self.transform.almost_equals(other.transform, precision=pixel * 1e-3)
        return near and (not self.crs or not other.crs or self.crs == other.crs)


def grid(
    height: int, width: int, crs: str, west: float, north: float, pixel: float
) -> Info:
    """Describe a north-up raster that is yet to be written.

    Args:
        height: Rows.
        width: Columns.
        crs: Coordinate reference system, such as `"EPSG:2180"`.
        west: Left border, in units of the reference system.
        north: Upper border.
        pixel: Side of a pixel.
    """
    transform = rasterio.Affine(pixel, 0, west, 0, -pixel, north)
    system = rasterio.crs.CRS.from_string(crs)
    return Info(Path(), height, width, "uint8", (), system, transform)


def describe(path: Path, source: rasterio.DatasetReader) -> Info:
    """Describe an open file.

    Raises:
        RasterError: If its bands are of several types, or of complex numbers.
    """
    indexes = without_alpha(source)
    types = sorted({source.dtypes[index - 1] for index in indexes})
    if len(types) > 1:
        raise RasterError(
            f"{path}: its bands are of several types, {' and '.join(types)}. Write it "
            "anew in one, such as with `rio convert --dtype`."
        )
    if types[0].startswith("complex"):
        raise RasterError(
            f"{path}: {types[0]} pixels, of two parts each. Write their amplitude: "
            f"`gdal_translate DERIVED_SUBDATASET:AMPLITUDE:{path} amplitude.tif`."
        )
    return Info(
        path=path,
        height=source.height,
        width=source.width,
        dtype=source.dtypes[0],
        bands=tuple(_band_name(source, index) for index in indexes),
        crs=source.crs,
        transform=source.transform,
        nodata=source.nodata,
        palette=_palette(source),
        is_striped=source.block_shapes[0][1] == source.width,
    )


def without_alpha(source: rasterio.DatasetReader) -> list[int]:
    """List the indexes, from 1, of the bands that are not alpha.

    GDAL tags the fourth of four 8-bit bands as alpha when nobody says otherwise, so a
    near infrared band often carries the tag. One that has a description is data.
    """
    tags = zip(source.indexes, source.colorinterp, source.descriptions, strict=True)
    return [
        index
        for index, color, description in tags
        if color != ColorInterp.alpha or description
    ]


def _band_name(source: rasterio.DatasetReader, index: int) -> str:
    color = source.colorinterp[index - 1]
    if source.descriptions[index - 1]:
        return source.descriptions[index - 1]
    if color in (ColorInterp.red, ColorInterp.green, ColorInterp.blue):
        return color.name
    return f"band_{index}"


def _palette(
    source: rasterio.DatasetReader,
) -> dict[int, tuple[int, int, int]] | None:
    if source.count != 1 or source.colorinterp[0] != ColorInterp.palette:
        return None
    return {value: color[:3] for value, color in source.colormap(1).items()}


def joined(infos: list[Info]) -> Info:
    """Describe several files as the bands of one raster.

    Raises:
        RasterError: If they do not share grid, type and nodata.
    """
    first = infos[0]
    for other in infos[1:]:
        if not other.has_grid_of(first):
            raise RasterError(
                f"{other.path}: not on the grid of {first.path} (size, transform or "
                "CRS differ). Files that are stacked as bands must share one grid."
            )
        if (other.dtype, other.nodata) != (first.dtype, first.nodata):
            raise RasterError(
                f"{other.path}: {other.dtype} with nodata {other.nodata}, but "
                f"{first.path} is {first.dtype} with nodata {first.nodata}. "
                "Files that are stacked as bands must agree in both."
            )
    names = tuple(
        each.path.stem if each.count == 1 and name.startswith("band_") else name
        for each in infos
        for name in each.bands
    )
    return Info(
        **{**vars(first), "bands": names, "palette": None},
    )


def is_rgb(bands: Sequence[str]) -> bool:
    """Tell whether bands are the colours of a picture, in its order."""
    return tuple(bands) == ("red", "green", "blue")
