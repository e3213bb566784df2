"""Maps that cannot be validated, and rasters that cannot be examined.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good map and labels that `build` makes. A new case is a new line here.
"""

from dataclasses import replace

import numpy as np
import pytest
import rasterio

from kerasseg import legend, raster

pytestmark = pytest.mark.once

VALIDATE = "evaluate labels.tif --map map.tif --legend legend.yaml"
GRID = raster.grid(64, 64, "EPSG:32631", 574_680, 5_622_440, 10)
FAR = GRID.transform @ rasterio.Affine.translation(1000, 0)


def write(world, name, value, dtype="uint8", classes=False, **changes):
    """Write a raster of one value, or of noise, on the grid or one like it."""
    grid = replace(GRID, **changes)
    pixels = np.full((grid.height, grid.width), 1, dtype) * np.asarray(value, dtype)
    known = legend.read(world.folder / "legend.yaml") if classes else None
    path = world.folder / name
    with raster.Writer(path, grid, bands=["class"], dtype=dtype, legend=known) as file:
        file.write(pixels)


def build(world):
    write(world, "map.tif", 0, classes=True)
    write(world, "labels.tif", 1)


def spoil_a_block(world, name):
    """Overwrite bytes in the middle, so that the head is well and a tile is not."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, (400, 400))
    write(world, name, values, classes=True, height=400, width=400)
    content = bytearray((world.folder / name).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 60] = bytes(60)
    world.write(name, bytes(content))


MIXED = """\
<VRTDataset rasterXSize="64" rasterYSize="64">
{bands}</VRTDataset>
"""
BAND = """\
<VRTRasterBand dataType="{kind}" band="{number}"><SimpleSource>
<SourceFilename relativeToVRT="1">labels.tif</SourceFilename>
</SimpleSource></VRTRasterBand>
"""


def mix_types(world, name):
    bands = (
        BAND.format(kind=kind, number=number)
        for number, kind in ((1, "Byte"), (2, "UInt16"))
    )
    world.write(name, MIXED.format(bands="".join(bands)))


CASES = [
    (
        "map that names no classes",
        "evaluate labels.tif --map map.tif",
        "map.tif: names no classes, as a map of `kerasseg predict` does. Give a legend "
        "with --legend.",
        lambda w: write(w, "map.tif", 0),
    ),
    (
        "map of other classes",
        VALIDATE,
        "map.tif maps the classes field, house, the legend has field, villa. Give the "
        "legend that the map was made with.",
        lambda w: w.change("house", "villa", "legend.yaml"),
    ),
    (
        "an image as map",
        VALIDATE,
        "map.tif: its bands are taken for colours, but are uint16. Give one band of "
        "labels, or colours of 8 bits.",
        lambda w: w.paint("map.tif", 1, 64, 64, 3, dtype="uint16"),
    ),
    (
        "map that is missing",
        VALIDATE.replace("map.tif", "none.tif"),
        "no raster at none.tif. Correct the path.",
        None,
    ),
    (
        "map that is no raster",
        VALIDATE,
        "map.tif: not a raster, or damaged at its start. Give a TIFF, JPEG or PNG; if "
        "it is one, copy or download it again.",
        lambda w: w.write("map.tif", "hello"),
    ),
    (
        "map with a corrupt block",
        VALIDATE,
        "map.tif: damaged or cut short near row 0, column 256. Copy or download the "
        "file again.",
        lambda w: spoil_a_block(w, "map.tif"),
    ),
    (
        "map of a value outside the legend",
        VALIDATE,
        "map.tif: label value 7 is not in the legend, which knows 0, 1, 255. Add it to "
        "`classes` or to `ignored`.",
        lambda w: write(w, "map.tif", 7, classes=True),
    ),
    (
        "labels that do not overlap",
        VALIDATE,
        "labels.tif and map.tif share no ground. Give labels of the same place; "
        "`kerasseg check map.tif --labels labels.tif` tells more.",
        lambda w: write(w, "labels.tif", 1, transform=FAR),
    ),
    (
        "labels without CRS on another grid",
        VALIDATE,
        "labels.tif: no coordinate reference system, so it cannot be laid on another "
        "grid. Write the right one into it with `rio edit-info --crs`.",
        lambda w: write(w, "labels.tif", 1, crs=None, transform=FAR),
    ),
    (
        "labels that are measurements",
        VALIDATE,
        "labels.tif: float32 label. Give whole numbers, or colours.",
        lambda w: write(w, "labels.tif", 1, dtype="float32"),
    ),
    (
        "labels without any label",
        VALIDATE,
        "labels.tif: no pixel of a class where the map has one. Give labels of the "
        "same place, or correct the legend.",
        lambda w: write(w, "labels.tif", 0),
    ),
    (
        "bands of several types",
        VALIDATE.replace("labels.tif", "mixed.vrt"),
        "mixed.vrt: its bands are of several types, uint16 and uint8. Write it anew in "
        "one, such as with `rio convert --dtype`.",
        lambda w: mix_types(w, "mixed.vrt"),
    ),
    (
        "blocks beyond counting",
        VALIDATE + " --block 1",
        "block of 1 pixels: 90,000 blocks of 300 x 300 pixels. Give one of 3 or more.",
        lambda w: write(w, "map.tif", 0, classes=True, height=300, width=300),
    ),
    (
        "points without columns",
        VALIDATE.replace("labels.tif", "p.csv"),
        "p.csv: no points. Give CSV with columns x, y and class, or GeoJSON of points "
        "with a property `class`.",
        lambda w: w.write("p.csv", "lon,lat,class\n1,2,field\n"),
    ),
    (
        "points whose places are no numbers",
        VALIDATE.replace("labels.tif", "p.csv"),
        "p.csv: coordinate '4,06' is no number. Give CSV with columns x, y and class, "
        "or GeoJSON of points with a property `class`.",
        lambda w: w.write("p.csv", 'x,y,class\n"4,06",50.7,field\n'),
    ),
    (
        "points cut short",
        VALIDATE.replace("labels.tif", "p.geojson"),
        "p.geojson: not JSON from line 1 on. Give CSV with columns x, y and class, or "
        "GeoJSON of points with a property `class`.",
        lambda w: w.write("p.geojson", '{"features": ['),
    ),
    (
        "points of a class that is none",
        VALIDATE.replace("labels.tif", "p.csv"),
        "p.csv: point 2: class 'lake' is not in the legend, which has field, house. "
        "Correct it, or the legend.",
        lambda w: w.write("p.csv", "x,y,class\n1,2,field\n3,4,lake\n"),
    ),
    (
        "points beside the map",
        VALIDATE.replace("labels.tif", "p.csv"),
        "p.csv: none of 1 points lies on a class of map.tif. Give x and y in the "
        "reference system of the map.",
        lambda w: w.write("p.csv", "x,y,class\n4.06,50.7,field\n"),
    ),
    (
        "points in a database",
        VALIDATE.replace("labels.tif", "p.gpkg"),
        "p.gpkg: vectors are not read in this form. Write points as GeoJSON: `ogr2ogr "
        "points.geojson p.gpkg`; rasterise polygons.",
        None,
    ),
    (
        "report where a file is",
        VALIDATE + " --output legend.yaml/report",
        "legend.yaml/report: Not a directory. Give a folder.",
        None,
    ),
    (
        "report where a file is, told before anything is read",
        VALIDATE.replace("map.tif", "none.tif") + " --output legend.yaml",
        "legend.yaml: Not a directory. Give a folder.",
        None,
    ),
    (
        "changes of a recipe where there is none",
        "check map.tif --set seed=3",
        "--set is for recipes, but map.tif is none. Leave it out.",
        None,
    ),
    (
        "a legend without a map",
        "evaluate latest --legend legend.yaml",
        "--legend is for maps. Give one with --map.",
        None,
    ),
    (
        "an option of runs with a map",
        VALIDATE + " --set seed=3",
        "--set is for runs. Leave it out, or --map.",
        None,
    ),
    (
        "check of nothing",
        "check nowhere",
        "no raster at nowhere. Correct the path or pattern.",
        None,
    ),
    (
        "check that ignores what is none",
        "check map.tif --ignore K999",
        "no finding 'K999'. `kerasseg check --list` tells the ids.",
        None,
    ),
    (
        "check of patches with labels",
        "check patches --labels labels.tif",
        "patches says itself what its labels are. Leave --labels and --legend out.",
        None,
    ),
]


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_a_bad_map_is_answered_with_one_clear_line(told, command, line, spoil):
    def spoilt(world):
        build(world)
        if spoil:
            spoil(world)

    assert told(command, spoilt) == (2, f"kerasseg: error: {line}\n")
