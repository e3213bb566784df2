"""Labels, polygons and masks that cannot be prepared, or not as it was asked for.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good world of `conftest.py`. A new case is a new line here.
"""

import warnings

import numpy as np
import pytest

from kerasseg import raster

pytestmark = pytest.mark.once

ALIGN = "prepare align labels/a.tif images/a.tif new.tif"
DRAW = "prepare align fields.gpkg images/a.tif new.tif"
PREPARE = "prepare patches images labels legend.yaml new --size 32 --workers 1"


def place(world, dtype="uint8", value=1, west=5e5):
    """Give a label raster a place on the ground, and the image the same."""
    for each in ("labels/a.tif", "images/a.tif"):
        left = west if "labels" in each else 5e5
        grid = raster.grid(64, 64, "EPSG:2180", left, 4e5, 1.0)
        kind, filled = (dtype, value) if "labels" in each else ("uint8", 1)
        with raster.Writer(world.folder / each, grid, bands=["b"], dtype=kind) as file:
            file.write(np.full((64, 64), filled, kind))


def place_bands(world, number):
    """Give the place of the label raster to several bands."""
    grid = raster.grid(64, 64, "EPSG:2180", 5e5, 4e5, 1.0)
    raster.write(world.folder / "labels/a.tif", np.ones((64, 64, number), "u1"), grid)


def flatten(world):
    """Give the label raster pixels without height."""
    import rasterio

    place(world)
    with rasterio.open(world.folder / "labels/a.tif", "r+") as file:
        file.transform = rasterio.Affine(1, 0, 5e5, 0, 0, 4e5)


def draw(world, kind="Polygon", crs="EPSG:2180", number=1, west=5e5):
    """Write a layer of shapes."""
    pyogrio, shapely = map(pytest.importorskip, ("pyogrio", "shapely"))
    place(world)
    shape = shapely.box(west, 4e5 - 9, west + 9, 4e5)
    shape = shape if kind == "Polygon" else shapely.centroid(shape)
    pyogrio.raw.write(
        world.folder / "fields.gpkg",
        np.array([shapely.to_wkb(shape)] * number, object),
        [np.array(["moor"] * number, object)],
        ["crop"],
        geometry_type=kind,
        crs=crs,
    )


def draw_two(world):
    """Write the same layer twice, by two names."""
    pyogrio = pytest.importorskip("pyogrio")
    draw(world)
    for name in ("old", "new"):
        held = pyogrio.raw.read(world.folder / "fields.gpkg", layer="fields")
        about, _, shapes, columns = held
        pyogrio.raw.write(
            world.folder / "both.gpkg",
            shapes,
            columns,
            about["fields"],
            layer=name,
            geometry_type="Polygon",
            crs=about["crs"],
        )


def draw_no_place(world):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyogrio says it too
        draw(world, crs=None)


CASES = [
    (
        "image without place",
        ALIGN,
        "images/a.tif: no coordinate reference system, so it cannot be aligned. Assign "
        "one, or crop and resize it by hand.",
        None,
    ),
    (
        "label pixels without area",
        ALIGN,
        "labels/a.tif: its pixels have no area (1 x 0). Correct its geotransform.",
        flatten,
    ),
    (
        "label of other ground",
        ALIGN,
        "labels/a.tif and images/a.tif share no ground. Give labels of the same place; "
        "`kerasseg check images/a.tif --labels labels/a.tif` tells more.",
        lambda w: place(w, west=6e5),
    ),
    (
        "label of fractions",
        ALIGN,
        "labels/a.tif: float32 label. Give whole numbers, or colours.",
        lambda w: place(w, dtype="float32"),
    ),
    (
        "label value not in legend",
        f"{ALIGN} --method majority --legend legend.yaml",
        "labels/a.tif: label value 7 is not in the legend, which knows 0, 1, 2. Add it "
        "to `classes` or to `ignored`.",
        lambda w: place(w, value=7),
    ),
    (
        "label value of unlabelled pixels, nodata unset",
        ALIGN,
        "labels/a.tif: value 255 is a label there, and what unlabelled pixels are to "
        "get. Give another value with --nodata.",
        lambda w: place(w, value=255),
    ),
    (
        "nodata of a class",
        f"{ALIGN} --legend legend.yaml --nodata 2",
        "value 2 stands for a class and for unlabelled pixels. Give the class another "
        "code, or unlabelled pixels another value with --nodata.",
        place,
    ),
    (
        "nodata beyond every type",
        f"{ALIGN} --nodata 99999999999999999999999",
        "nodata 99999999999999999999999: no type of whole numbers holds it beside "
        "uint8. Give unlabelled pixels another value with --nodata.",
        place,
    ),
    (
        "an image as label",
        f"{ALIGN} --legend legend.yaml --coding value",
        "labels/a.tif: 4 bands are no label. Give a raster of one band of labels, or "
        "of three of colours.",
        lambda w: (place(w), place_bands(w, 4)),
    ),
    (
        "colours without a legend",
        ALIGN,
        "labels/a.tif: 3 bands, which only a legend tells the classes of. Give it with "
        "--legend, or a raster of one band.",
        lambda w: (place(w), place_bands(w, 3)),
    ),
    (
        "weight of no class",
        f"{ALIGN} --method rarity --legend legend.yaml --weight moor=2",
        "weight 2.0 of 'moor'. Give a positive number to one of field, house.",
        place,
    ),
    (
        "destination is a folder",
        "prepare align labels/a.tif images/a.tif labels --workers 1",
        "labels: is a folder. Name a file in it.",
        place,
    ),
    (
        "layer of a raster",
        f"{ALIGN} --layer woods",
        "--layer for polygons, but labels/a.tif is taken for a raster. Leave it out, "
        "or name a file that ends "
        "in .gpkg, .parquet, .geoparquet, .shp, .geojson, .fgb.",
        place,
    ),
    (
        "labels that are called a picture",
        ALIGN.replace("new.tif", "new.png"),
        "new.png: it will be a GeoTIFF. Let its name end in .tif.",
        place,
    ),
    (
        "a folder as image",
        "prepare align labels/a.tif images new.tif",
        "images: a folder. Give a raster in it.",
        place,
    ),
    (
        "more than all of a pixel",
        f"{ALIGN} --covered 2",
        "Invalid value for '--covered': Input should be less than or equal to 1, not "
        "2. See `kerasseg prepare align --help`.",
        None,
    ),
    (
        "polygons missing",
        DRAW,
        "no polygons at fields.gpkg. Correct the path.",
        place,
    ),
    (
        "polygons without place",
        DRAW,
        "fields.gpkg: polygons without coordinate reference system, so they lie "
        "nowhere. Assign one.",
        draw_no_place,
    ),
    (
        "no polygon in the layer",
        DRAW,
        "fields.gpkg: no polygon in it. Name another layer, or another file.",
        lambda w: draw(w, number=0),
    ),
    (
        "points instead of polygons",
        DRAW,
        "fields.gpkg: Point features. Give polygons.",
        lambda w: draw(w, kind="Point"),
    ),
    (
        "polygons of other ground",
        DRAW,
        "fields.gpkg and images/a.tif share no ground: its polygons lie at 600000 to "
        "600009, 399991 to 400000 of EPSG:2180. Give polygons of the same place, or "
        "correct their reference system.",
        lambda w: draw(w, west=6e5),
    ),
    (
        "no such layer",
        f"{DRAW} --layer woods",
        "fields.gpkg: no layer 'woods'. There are fields.",
        draw,
    ),
    (
        "no such attribute",
        f"{DRAW} --attribute kind",
        "fields.gpkg: no attribute 'kind'. There are crop.",
        draw,
    ),
    (
        "polygon of no class",
        f"{DRAW} --attribute crop --legend legend.yaml",
        "fields.gpkg: crop 'moor' is not in the legend, which knows field, 1, house, "
        "2, nothing, 0. Add it to `classes` or to `ignored`.",
        draw,
    ),
    (
        "polygons damaged",
        DRAW,
        "fields.gpkg: not a file of polygons, or damaged. Export it again.",
        lambda w: (place(w), w.write("fields.gpkg", b"SQLite format 3\0" + b"x" * 99)),
    ),
    (
        "no geometries in parquet",
        "prepare align fields.parquet images/a.tif new.tif",
        "fields.parquet: not GeoParquet: it does not tell where its geometries are. "
        "Write it anew with a tool that does.",
        lambda w: (place(w), w.write("fields.parquet", b"PAR1 and no more")),
    ),
    (
        "the image as destination",
        ALIGN.replace("new.tif", "images/a.tif"),
        "images/a.tif: is one of the files that are read. Give the labels to write a "
        "name of their own.",
        place,
    ),
    (
        "the labels as destination",
        ALIGN.replace("new.tif", "./labels/../labels/a.tif"),
        "labels/../labels/a.tif: is one of the files that are read. Give the labels to "
        "write a name of their own.",
        place,
    ),
    (
        "two layers of polygons, none named",
        DRAW.replace("fields", "both"),
        "both.gpkg: 2 layers, old, new. Name one with --layer.",
        draw_two,
    ),
    (
        "clouds without masks",
        f"{PREPARE} --max-cloud 0.2",
        "--max-cloud 0.2, --max-snow 1.0, but no masks. Give --masks, such as the "
        "scene classification of Sentinel-2.",
        None,
    ),
    (
        "a mask missing",
        f"{PREPARE} --masks 'images/[ab].tif'",
        "images/c.tif: no masks of its name or date. Give a pattern that finds one of "
        "each image.",
        None,
    ),
    (
        "overlapping patches dealt at random",
        f"{PREPARE} --overlap 16 --split random --background none",
        "patches a_r0_c0 (val) and a_r16_c0 (train) show the same ground, so scores "
        "would be of what was learnt. Split by blocks (--split block), name scenes "
        "that overlap in one split, or give a --buffer (0 or more): patches too near "
        "another split are left out.",
        None,
    ),
    (
        "statistics of no patches",
        "prepare statistics images",
        "no patches at images (no patches.json there). Make them with `kerasseg "
        "prepare patches`, or correct the path.",
        None,
    ),
]


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_one_line_says_what_is_wrong_and_what_to_do(told, command, line, spoil):
    code, error = told(command, spoil)
    assert (code, error) == (2, f"kerasseg: error: {line}\n")
