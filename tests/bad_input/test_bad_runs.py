"""Models, weights, scenes and maps that cannot be.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good world of `conftest.py`. A new case is a new line here.
"""

import pytest

pytestmark = pytest.mark.once

CASES = [
    (
        "no such run",
        "show nothing",
        "no run 'nothing' in sqlite:///mlruns/mlflow.db. It holds no run yet.",
        None,
    ),
    (
        "no such run to resume",
        "fit recipe.yaml --resume nothing",
        "no run 'nothing' in sqlite:///mlruns/mlflow.db. It holds no run yet.",
        None,
    ),
    (
        "missing weights",
        "fit recipe.yaml --set model.weights=w/none.h5",
        "no weights at {tmp}/w/none.h5. Give the path of a .h5 or "
        ".safetensors file, `imagenet`, or null to start from random weights.",
        None,
    ),
    (
        "weights of unknown kind",
        "fit recipe.yaml --set model.weights=legend.yaml",
        "{tmp}/legend.yaml: weights of the kind '.yaml' are not read. Give "
        "one of .h5, .hdf5, .safetensors, .pth, .pt, .bin.",
        None,
    ),
    (
        "weights cut short",
        "fit recipe.yaml --set model.weights=model.h5",
        "{tmp}/model.h5: not Keras weights in the legacy HDF5 format (Unable "
        "to synchronously open file (bad byte number in an address)). Give a "
        "file that has layer names, or a .safetensors file.",
        lambda w: w.write("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(9)),
    ),
    (
        "more samples asked for than there are",
        "fit recipe.yaml --set training.batch_size=999",
        "batches: 4 samples do not fill one batch of 999. Choose a smaller "
        "batch_size or another split.",
        None,
    ),
    (
        "class weights of another length",
        "fit recipe.yaml --set loss.class_weights=[1,2,3]",
        "loss.class_weights: 3 weights for 2 classes. Give one per class, in "
        "the order field, house.",
        None,
    ),
    (
        "missing model",
        "predict none.keras images/a.tif map.tif",
        "no model at none.keras. Correct the path.",
        None,
    ),
    (
        "model that is none",
        "predict legend.keras images/a.tif map.tif",
        "legend.keras is not a .keras file, or not a whole one. Copy or "
        "download it again.",
        lambda w: w.write("legend.keras", "classes: []"),
    ),
    (
        "truncated model",
        "predict model.keras images/a.tif map.tif",
        "model.keras is not a .keras file, or not a whole one. Copy or "
        "download it again.",
        lambda w: w.cut_short("model.keras"),
    ),
    (
        "missing scene",
        "predict model.keras images/z.tif map.tif",
        "no scene at images/z.tif. Correct the path.",
        None,
    ),
    (
        "scene of other bands",
        "predict model.keras images/a.tif map.tif",
        "images/a.tif: 4 bands (band_1, band_2, band_3, band_4), but the "
        "model reads 3 (band_1, band_2, band_3). Give a raster with these "
        "bands; a band is called by its description, a file of one band by "
        "its own name. `kerasseg prepare stack SCENE NAMED.tif --band NAME ...` "
        "names them.",
        lambda w: w.paint("images/a.tif", 1, 64, 64, 4),
    ),
    (
        "truncated scene",
        "predict model.keras images/a.tif map.tif",
        "images/a.tif: damaged or cut short near row 0, column 0. Copy or "
        "download the file again.",
        lambda w: w.cut_short("images/a.tif"),
    ),
    (
        "map over its scene",
        "predict model.keras images/a.tif images/a.tif",
        "images/a.tif: is the scene itself. Give the map a name of its own.",
        None,
    ),
    (
        "map into the folder of its scene",
        "predict model.keras images/a.tif images",
        "images/a.tif: is the scene itself. Give the map a name of its own.",
        None,
    ),
    (
        "map over something else of its name",
        "predict model.keras images/a.tif labels",
        "labels/a.tif: is there, and no map of kerasseg. Give the map another place, "
        "or remove the file first.",
        None,
    ),
    (
        "map on a full disk",
        "predict model.keras images/a.tif map.tif",
        "map.tif: could not be written in full. Is the disk full? Free some "
        "space, or choose another place, and run again.",
        lambda w: w.fill_disk(),
    ),
    (
        "overlap of half a window",
        "predict model.keras images/a.tif map.tif --window 64 --overlap 60",
        "predict: overlap 60 of window 64. Windows may share from 0 to 32 pixels.",
        None,
    ),
    (
        "evaluate a file without recipe",
        "evaluate model.keras",
        "model.keras is a file and knows no data. Give a recipe with --recipe.",
        None,
    ),
]


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_a_bad_run_is_answered_with_one_clear_line(told, command, line, spoil):
    code = 1 if command.startswith("check") else 2
    assert told(command, spoil) == (code, f"kerasseg: error: {line}\n")
