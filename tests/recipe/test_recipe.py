"""A recipe is either followed to the letter or refused with a reason."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from kerasseg import recipe

pytestmark = pytest.mark.once

HOUSE = Path(__file__).parents[2]

GOOD = """\
version: 1
data: {name: patches, root: patches}
model: {name: fpn, encoder: resnet18}
augment:
  - flip
  - {name: noise, deviation: 1e1}
loss: focal_jaccard
training:
  epochs: 2
  batch_size: 4
  learning_rate: 1e-3
"""


@pytest.fixture
def write(tmp_path):
    def written(text=GOOD, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def _faults(path, *sets):
    with pytest.raises(recipe.RecipeError) as error:
        recipe.read(path, sets)
    return str(error.value).replace(f"{path}:", "").splitlines()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("focal_jaccard", "focal_jacard"),
        ("encoder: resnet18", "encoder: resnet19"),
        ("encoder: resnet18", "encodr: resnet18"),
        ("epochs: 2", "epochs: 0"),
        ("epochs: 2", "epoch: 2"),
        ("deviation: 1e1", "deviation: many"),
    ],
)
def test_the_schema_refuses_what_reading_refuses(write, old, new):
    validator = jsonschema.Draft202012Validator(recipe.schema())
    # YAML 1.1 takes numbers with an exponent but no point for text.
    plain = GOOD.replace("1e-3", "0.001").replace("1e1", "10.0")
    assert validator.is_valid(yaml.safe_load(plain))
    wrong = plain.replace(old.replace("1e1", "10.0"), new)
    assert not validator.is_valid(yaml.safe_load(wrong))
    _faults(write(GOOD.replace(old, new)))


def test_defaults_are_filled_in(write):
    followed = recipe.read(write())
    assert followed.seed == 1
    assert followed.backend == "jax"
    assert followed.training.schedule.name == "constant"
    assert followed.model.options["dropout"] == 0.0
    assert followed.augment[0].options == {"horizontal": 0.5, "vertical": 0.5}
    assert followed.tracking.experiment == "mine"


def test_a_resolved_recipe_reads_back_equal(write):
    text = GOOD + (
        "name: '1e-3'\n"
        "description: 'yes, $${HOME} and: #'\n"
        "tracking: {run_name: 'null'}\n"
    )
    first = recipe.read(write(text))
    assert first.description == "yes, ${HOME} and: #"
    assert first.name == "1e-3"
    again = recipe.read(write(recipe.dumps(first), "other.yaml"))
    assert again == first


def test_numbers_are_read_as_people_write_them(write):
    followed = recipe.read(write())
    assert followed.training.learning_rate == 0.001
    assert followed.augment[1].options["deviation"] == 10.0


def test_paths_count_from_the_recipe(write, tmp_path):
    followed = recipe.read(write())
    assert followed.data.options["root"] == str(tmp_path / "patches")


def test_paths_on_the_command_line_count_from_the_current_folder(
    write, tmp_path, monkeypatch
):
    monkeypatch.chdir(HOUSE)
    for override in ("data.root=here", "data={name: patches, root: here}"):
        followed = recipe.read(write(), [override])
        assert followed.data.options["root"] == str(HOUSE / "here")


def test_a_word_for_weights_is_no_path_but_a_file_is(write, tmp_path):
    (tmp_path / "mine.h5").touch()
    text = GOOD.replace("resnet18}", "resnet18, weights: WORD}")
    for word, meant in [
        ("imagenet", "imagenet"),
        ("mine.h5", str(tmp_path / "mine.h5")),
        ("w/none.h5", str(tmp_path / "w/none.h5")),
    ]:
        followed = recipe.read(write(text.replace("WORD", word)))
        assert followed.model.options["weights"] == meant


def test_environment_variables_are_filled_in(write, monkeypatch):
    monkeypatch.setenv("SOMEWHERE", "/data")
    monkeypatch.delenv("NOWHERE", raising=False)
    text = GOOD.replace("root: patches", "root: '${SOMEWHERE}/${NOWHERE:-default}'")
    followed = recipe.read(write(text))
    assert followed.data.options["root"] == "/data/default"


def test_overrides_change_values(write):
    followed = recipe.read(
        write(),
        [
            "training.epochs=7",
            "augment.0.horizontal=0.25",
            "augment.1.name=color_jitter",
            "augment.1={name: noise, deviation: 3}",
            "loss.gamma=1",
            "training.schedule=cosine",
            "training.schedule.warmup_epochs=2",
            "seed=",
            "seed=5",
        ],
    )
    assert followed.training.epochs == 7
    assert followed.augment[0].options["horizontal"] == 0.25
    assert followed.augment[1].options["deviation"] == 3
    assert followed.loss.options["gamma"] == 1
    assert followed.training.schedule == recipe.Cosine(name="cosine", warmup_epochs=2)
    assert followed.seed == 5


def test_a_fault_in_an_override_names_the_override(write):
    assert _faults(write(), "training.epochs=many") == [
        "--set training.epochs=many: training.epochs: 'many' is not a whole number "
        "above 0."
    ]


def test_every_fault_is_told_at_once_with_its_line(write):
    text = (
        GOOD.replace("epochs: 2", "epoch: 2")
        .replace("resnet18", "resnet81")
        .replace("- flip", "- flop")
        .replace("size: 4", "size: '4'")
    )
    assert _faults(write(text + "sed: 3\n")) == [
        "3: model.encoder: 'resnet81' is not preact_resnet18, preact_resnet34, "
        "preact_resnet50, resnet18, resnet34, resnet50, mit_b0, mit_b1, mit_b2, "
        "mit_b3, mit_b4, mit_b5, text that matches ^keras_hub:.+ or a list of "
        "these. Did you mean 'resnet18'?",
        "5: augment.0.name: no augment 'flop'. Did you mean 'flip'?",
        "8: training.epochs: missing. Give a whole number above 0.",
        "9: training.epoch: unknown key. Did you mean 'epochs'?",
        "10: training.batch_size: '4' is not a whole number above 0.",
        "12: sed: unknown key. Did you mean 'seed'?",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1: null is not a recipe. Write keys and values."),
        ("- a", "1: ['a'] is not a recipe. Write keys and values."),
        ("a: [1\nb: 2\n", "2: not YAML: expected ',' or ']', but got ':'."),
        ("a: \x07", "1: not YAML: special characters are not allowed: U+0007."),
        ("a: *b", "1: not YAML: found undefined alias 'b'."),
        ("a: 1\n---\nb: 2", "2: not YAML: but found another document."),
        (GOOD + "seed: 1\nseed: 2\n", "13: seed: given twice, first on line 12."),
        (GOOD + "seed: .inf\n", "12: seed: inf is not a whole number at least 0."),
        (GOOD + "3: 4\n", "12: 3: unknown key. Choose from: version, "),
        (
            GOOD.replace("version: 1", "version: 2") + "new: 1",
            "1: version: 2 is newer than this kerasseg reads, which is 1. Upgrade "
            "kerasseg.",
        ),
        (GOOD + "workers: 3\n", "12: workers: unknown key. Did you mean 'pipeline."),
        (
            GOOD.replace("patches}", "'${NO_SUCH_ONE}'}"),
            "2: data.root: the environment variable NO_SUCH_ONE is not set. Set it, "
            "or write ${NO_SUCH_ONE:-default}.",
        ),
        (
            GOOD.replace("resnet18}", "resnet18, zoo: 3}"),
            "3: model.zoo: fpn has no option 'zoo'. Choose from: encoder, ",
        ),
        (
            GOOD + "  schedule: {name: cosine, warmup: 3}\n",
            "12: training.schedule.warmup: unknown key. Did you mean 'warmup_epochs'?",
        ),
        (
            GOOD.replace("loss: focal_jaccard", "loss: 3"),
            "7: loss: 3 is not a name or a mapping with a name.",
        ),
        (GOOD + "  schedule: 3\n", "12: training.schedule"),
        (GOOD.replace("model: {name: fpn, ", "model: {"), "3: model.name: missing. "),
    ],
)
def test_a_fault_is_one_line(write, text, fault):
    (told,) = _faults(write(text))
    assert told.startswith(fault)


@pytest.mark.parametrize(
    ("override", "advice"),
    [
        ("training.epochs", "not key=value. Write for example --set training.epochs=3"),
        ("=3", "not key=value"),
        ("training.epochs.a=3", "training.epochs holds no keys: it is 2."),
        ("augment.7.rate=3", "augment has 2 items, counted from 0."),
        ("seed=[1", "expected ',' or ']', but got '<stream end>'"),
    ],
)
def test_a_wrong_override_is_told(write, override, advice):
    (told,) = _faults(write(), override)
    assert told.startswith(f"--set {override}: ")
    assert advice in told


def test_a_missing_recipe_is_answered_with_the_nearest(write):
    path = write()
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'mine\.yaml'"):
        recipe.read(path.with_name("mien.yaml"))
