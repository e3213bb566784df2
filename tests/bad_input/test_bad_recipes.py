"""Recipes and commands that cannot be followed.

Each case: what is wrong, the command, what is said after `kerasseg: error: `, and what
has spoilt the good world of `conftest.py`. A new case is a new line here.
"""

import pytest

pytestmark = pytest.mark.once

CASES = [
    (
        "missing recipe",
        "fit recpie.yaml",
        "no recipe at recpie.yaml. Did you mean 'recipe.yaml'?",
        None,
    ),
    (
        "recipe is a folder",
        "fit images",
        "no recipe at images. That is a folder. Give the file.",
        None,
    ),
    (
        "recipe is not text",
        "fit images/a.tif",
        "images/a.tif: not UTF-8 text, from byte 42 on.",
        None,
    ),
    (
        "recipe is empty",
        "fit recipe.yaml",
        "recipe.yaml:1: null is not a recipe. Write keys and values.",
        lambda w: w.write("recipe.yaml", ""),
    ),
    (
        "yaml syntax",
        "fit recipe.yaml",
        "recipe.yaml:4: not YAML: expected ',' or ']', but got '}'.",
        lambda w: w.change("{name: fpn", "{name: [fpn"),
    ),
    (
        "yaml tab",
        "fit recipe.yaml",
        "recipe.yaml:7: not YAML: found character '\\t' that cannot start any token.",
        lambda w: w.change("  epochs", "\tepochs"),
    ),
    (
        "duplicate key",
        "fit recipe.yaml",
        "recipe.yaml:8: training.epochs: given twice, first on line 7.",
        lambda w: w.change("  epochs: 1", "  epochs: 1\n  epochs: 2"),
    ),
    (
        "newer version",
        "fit recipe.yaml",
        "recipe.yaml:1: version: 2 is newer than this kerasseg reads, which "
        "is 1. Upgrade kerasseg.",
        lambda w: w.change("version: 1", "version: 2"),
    ),
    (
        "unknown recipe key",
        "fit recipe.yaml",
        "recipe.yaml:1: sed: unknown key. Did you mean 'seed'?",
        lambda w: w.change("version: 1", "sed: 1"),
    ),
    (
        "missing recipe key",
        "fit recipe.yaml",
        "recipe.yaml:6: training.epochs: missing. Give a whole number above 0.",
        lambda w: w.change("  epochs: 1\n", ""),
    ),
    (
        "wrong type",
        "fit recipe.yaml",
        "recipe.yaml:7: training.epochs: '1' is not a whole number above 0.",
        lambda w: w.change("epochs: 1", "epochs: '1'"),
    ),
    (
        "out of range",
        "fit recipe.yaml",
        "recipe.yaml:8: training.batch_size: 0 is not a whole number above 0.",
        lambda w: w.change("batch_size: 2", "batch_size: 0"),
    ),
    (
        "not a number",
        "fit recipe.yaml",
        "recipe.yaml:9: training.learning_rate: nan is not a number above 0.",
        lambda w: w.change("1e-3", ".nan"),
    ),
    (
        "unknown model",
        "fit recipe.yaml",
        "recipe.yaml:4: model.name: no model 'fnp'. Did you mean 'fpn'?",
        lambda w: w.change("name: fpn", "name: fnp"),
    ),
    (
        "unknown dataset",
        "fit recipe.yaml",
        "recipe.yaml:3: data.name: no dataset 'patch'. Did you mean 'patches'?",
        lambda w: w.change("name: patches", "name: patch"),
    ),
    (
        "unknown loss",
        "fit recipe.yaml",
        "recipe.yaml:5: loss.name: no loss 'cross_entropie'. Did you mean "
        "'cross_entropy'?",
        lambda w: w.change("cross_entropy", "cross_entropie"),
    ),
    (
        "unknown augmentation",
        "fit recipe.yaml --set 'augment=[filp]'",
        "--set augment=[filp]: augment.0.name: no augment 'filp'. Did you mean 'flip'?",
        None,
    ),
    (
        "unknown option",
        "fit recipe.yaml",
        "recipe.yaml:4: model.encodr: fpn has no option 'encodr'. Did you "
        "mean 'encoder'?",
        lambda w: w.change("encoder:", "encodr:"),
    ),
    (
        "unknown encoder",
        "fit recipe.yaml --set model.encoder=resnet19",
        "--set model.encoder=resnet19: model.encoder: 'resnet19' is not "
        "preact_resnet18, preact_resnet34, preact_resnet50, resnet18, "
        "resnet34, resnet50, mit_b0, mit_b1, mit_b2, mit_b3, mit_b4, mit_b5, text that "
        "matches ^keras_hub:.+ or a list of these. Did you mean 'resnet18'?",
        None,
    ),
    (
        "option of wrong type",
        "fit recipe.yaml --set model.dropout=lots",
        "--set model.dropout=lots: model.dropout: 'lots' is not a number.",
        None,
    ),
    (
        "dotted path to nothing",
        "fit recipe.yaml --set model=mylab.net.build",
        "--set model=mylab.net.build: model.name: no model "
        "'mylab.net.build': nothing can be imported from there. Correct the "
        "dotted path, or choose from: fpn, segformer, stenn, timeunet, "
        "unet, utae, wtae.",
        None,
    ),
    (
        "unset variable",
        "fit recipe.yaml",
        "recipe.yaml:3: data.root: the environment variable NO_SUCH_PLACE is "
        "not set. Set it, or write ${NO_SUCH_PLACE:-default}.",
        lambda w: w.change("root: patches", "root: '${NO_SUCH_PLACE}'"),
    ),
    (
        "override without value",
        "fit recipe.yaml --set training.epochs",
        "--set training.epochs: not key=value. Write for example --set "
        "training.epochs=3.",
        None,
    ),
    (
        "override of no such item",
        "fit recipe.yaml --set augment.3.rate=1",
        "--set augment.3.rate=1: augment has 0 items, counted from 0.",
        None,
    ),
    (
        "unknown command",
        "fitt recipe.yaml",
        "No such command 'fitt'. Did you mean 'fit'? See `kerasseg --help`.",
        None,
    ),
    (
        "unknown option of a command",
        "fit recipe.yaml --epochs 3",
        "No such option: --epochs. See `kerasseg fit --help`.",
        None,
    ),
    (
        "missing argument",
        "fit",
        "Missing argument 'RECIPE'. See `kerasseg fit --help`.",
        None,
    ),
    (
        "unknown backend",
        "fit recipe.yaml --backend torch",
        "Invalid value for '--backend': 'torch' is not one of 'jax', "
        "'tensorflow'. See `kerasseg fit --help`.",
        None,
    ),
    (
        "recipe checked",
        "check recipe.yaml",
        "recipe.yaml:1: sed: unknown key. Did you mean 'seed'?",
        lambda w: w.change("version: 1", "sed: 1"),
    ),
    (
        "schema into a missing folder",
        "schema no/schema.json",
        "no/schema.json cannot be written: No such file or directory. Free "
        "some space or choose another place, and run again.",
        None,
    ),
    (
        "schema on a full disk",
        "schema schema.json",
        "schema.json cannot be written: File too large. Free some space or "
        "choose another place, and run again.",
        lambda w: w.fill_disk(),
    ),
]


@pytest.mark.parametrize(
    ("command", "line", "spoil"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_a_bad_recipe_is_answered_with_one_clear_line(told, command, line, spoil):
    code = 1 if command.startswith("check") else 2
    assert told(command, spoil) == (code, f"kerasseg: error: {line}\n")
