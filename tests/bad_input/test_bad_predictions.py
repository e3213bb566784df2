"""Scenes that cannot be mapped, and places where no map can be.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good world of `conftest.py`. A new case is a new line here.
"""

import json

import numpy as np
import pytest
import rasterio

from kerasseg import legend, raster

pytestmark = pytest.mark.once

PREDICT = "predict model.keras images/a.tif map.tif"
SQUARE = {"width": 64, "height": 64, "transform": rasterio.Affine(1, 0, 0, 0, -1, 64)}


def palette(world):
    """Write an image whose values are numbers of colours."""
    grid = raster.grid(64, 64, "EPSG:2180", 0, 0, 1)
    known = legend.read(world.folder / "legend.yaml")
    with raster.Writer(world.folder / "images/a.tif", grid, legend=known) as file:
        file.write(np.ones((64, 64), np.uint8))


def spoilt_block(world):
    """Write noise over a tile in the middle of a large image."""
    path = world.folder / "images/a.tif"
    pixels = np.random.default_rng(0).integers(0, 255, (800, 800, 3), np.uint8)
    raster.write(path, pixels)
    with rasterio.open(path) as file:
        place = file.get_tag_item("BLOCK_OFFSET_1_2", "TIFF", bidx=1)
    with path.open("r+b") as content:
        content.seek(int(place))
        content.write(bytes(5000))


def complex_numbers(world):
    """Write an image as radars measure it, before its phase is left out."""
    pixels = np.ones((3, 64, 64), np.complex64)
    about = SQUARE | {"count": 3, "dtype": "complex_int16"}
    with rasterio.open(world.folder / "images/a.tif", "w", **about) as file:
        file.write(pixels)


def spoilt_fourth(world):
    """Spoil the last of four bands with names, and name those the model reads."""
    from kerasseg import artifact

    colors = ("red", "green", "blue")
    model = artifact.load(world.folder / "model.keras")
    whole = artifact.assemble(model, colors, [0] * 3, [1] * 3, artifact.legend(model))
    artifact.save(whole, world.folder / "colors.keras")
    path = world.folder / "images/a.tif"
    about = SQUARE | {"count": 4, "dtype": "uint8", "nodata": 0}
    about |= {"compress": "deflate", "interleave": "band"}
    rng = np.random.default_rng(0)
    with rasterio.open(path, "w", **about) as file:
        file.write(rng.integers(1, 255, (4, 64, 64), np.uint8))
        file.descriptions = (*colors, "nir")
    with rasterio.open(path) as file:
        place = file.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=4)
    with path.open("r+b") as content:
        content.seek(int(place))
        content.write(bytes(900))


def lost_part(world):
    """Write a view of an image that is not there any more."""
    import rasterio.shutil

    rasterio.shutil.copy(
        world.folder / "images/a.tif", world.folder / "a.vrt", driver="VRT"
    )
    world.remove("images/a.tif")


def unfinished(world):
    """Leave what a run with another model had done before it was killed."""
    work = world.folder / ".map.tif.work"
    work.mkdir()
    (work / ".plan.json").write_text(json.dumps({"model": "another"}))
    (work / "block_000000.json").write_text("{}")
    (work / "lock").write_text("")


def half_noted(world, name):
    """Leave of a run with the right plan a note cut short, as a power cut can."""
    from kerasseg import artifact, predict

    def stop(*_):
        raise KeyboardInterrupt

    model = artifact.load(world.folder / "model.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kerasseg.predict.mapping.finish", stop)
        with pytest.raises(KeyboardInterrupt):
            predict.scene(model, "images/a.tif", "map.tif")
    world.cut_short(f".map.tif.work/{name}")


CASES = [
    (
        "palette image",
        PREDICT,
        "images/a.tif: a palette image, whose values are numbers of colours. Give the "
        "bands themselves: `gdal_translate -expand rgb` makes colours of it.",
        palette,
    ),
    (
        "block spoilt in the middle",
        PREDICT + " --window 256",
        "images/a.tif: damaged or cut short near row 437, column 0. Copy or download "
        "the file again.",
        spoilt_block,
    ),
    (
        "view of a file that is gone",
        "predict model.keras a.vrt map.tif",
        "a.vrt: cannot be read, for a file it is made of cannot: images/a.tif: No such "
        "file or directory. Bring that file back, or correct the VRT.",
        lost_part,
    ),
    (
        "bands of mixed types",
        "predict model.keras images/a.tif images/b.tif map.tif",
        "images/b.tif: float32 with nodata None, but images/a.tif is uint8 with nodata "
        "None. Files that are stacked as bands must agree in both.",
        lambda w: w.paint("images/b.tif", 1, 64, 64, 3, dtype="float32"),
    ),
    (
        "map below a file",
        "predict model.keras images/a.tif legend.yaml/map.tif",
        "legend.yaml/map.tif: cannot be written (Not a directory). Choose a folder you "
        "may write to.",
        None,
    ),
    (
        "unfinished run of another model",
        PREDICT,
        "map.tif: an unfinished run of it lies in .map.tif.work, begun with another "
        "version of kerasseg, backend, model, scene, choice of options. Repeat its "
        "command to go on with it, or discard it with --fresh.",
        unfinished,
    ),
    *(
        (
            f"unfinished run whose {name} is damaged",
            PREDICT,
            f".map.tif.work/{name}: damaged, so what was begun cannot go on. Remove "
            ".map.tif.work and run again.",
            lambda w, name=name: half_noted(w, name),
        )
        for name in (".plan.json", "block_000000.json")
    ),
    (
        "list with a scene that is missing",
        "predict model.keras scenes.txt maps",
        "no scene at images/z.tif. Correct scenes.txt.",
        lambda w: w.write("scenes.txt", "# May\nimages/a.tif\nimages/z.tif\n"),
    ),
    (
        "list that names nothing",
        "predict model.keras scenes.txt maps",
        "scenes.txt: names no scene. Give one that does.",
        lambda w: w.write("scenes.txt", "# nothing yet\n"),
    ),
    (
        "many scenes into one file",
        "predict model.keras scenes.txt map.tif",
        "scenes.txt names many scenes, but map.tif is one file. Give a folder for "
        "their maps.",
        lambda w: w.write("scenes.txt", "images/a.tif\nimages/b.tif\n"),
    ),
    (
        "folder without a scene",
        "predict model.keras empty map.tif",
        "empty: names no scene. Give one that does.",
        lambda w: (w.folder / "empty").mkdir(),
    ),
    (
        "folder of scenes into one file",
        "predict model.keras images map.tif",
        "images names many scenes, but map.tif is one file. Give a folder for their "
        "maps.",
        None,
    ),
    (
        "pattern that finds nothing",
        "predict model.keras 'tiles/*.tif' maps",
        "no scene at tiles/*.tif. A pattern that finds files is the shell's matter: "
        "leave its quotes out, or name the folder and give the pattern with --images.",
        None,
    ),
    (
        "smallest polygon beyond all",
        PREDICT + " --polygons gpkg --min-area inf",
        "min_area inf. Give a finite number from 0 on.",
        None,
    ),
    (
        "reference date of single images in a folder",
        "predict model.keras images maps --reference-date 2018-09-01",
        "--reference-date is for models of series, but model.keras reads single "
        "images. Leave it out.",
        None,
    ),
    (
        "two scenes of one name",
        "predict model.keras images/a.tif labels/a.tif maps",
        "maps: two of the scenes are called a, and so would be their maps. Map them "
        "into folders of their own.",
        None,
    ),
    (
        "picture in the place of the map",
        "predict model.keras images/a.tif map.png --quicklook",
        "map.png: it will be a GeoTIFF. Let its name end in .tif.",
        None,
    ),
    (
        "scene in the place of the map",
        "predict model.keras images/a.tif images/b.tif",
        "images/b.tif: is there, and no map of kerasseg. Give the map another place, "
        "or remove the file first.",
        None,
    ),
    (
        "complex numbers",
        PREDICT,
        "images/a.tif: complex_int16 pixels, of two parts each. Write their amplitude: "
        "`gdal_translate DERIVED_SUBDATASET:AMPLITUDE:images/a.tif amplitude.tif`.",
        complex_numbers,
    ),
    (
        "block spoilt in a band that the model does not read",
        "predict colors.keras images/a.tif map.tif",
        "images/a.tif: damaged or cut short near row 0, column 0. Copy or download the "
        "file again.",
        spoilt_fourth,
    ),
    (
        "reference date of a single image",
        PREDICT + " --reference-date 2018-09-01",
        "--reference-date is for a folder of dated images, but images/a.tif is a file. "
        "Leave it out.",
        None,
    ),
]


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_what_cannot_be_mapped_is_answered_with_one_clear_line(
    told, command, line, spoil
):
    assert told(command, spoil) == (2, f"kerasseg: error: {line}\n")
