"""Commands answer at once, say one line for each mistake, and end with a code."""

import json
import os
import resource
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from kerasseg import backend, recipe
from kerasseg.cli import running

pytestmark = pytest.mark.once

HOUSE = Path(__file__).parents[2]
COMMANDS = (
    "fit",
    "evaluate",
    "predict",
    "prepare",
    "sample",
    "check",
    "init",
    "schema",
    "show",
    "list",
)
HEAVY = "{'keras', 'jax', 'tensorflow', 'mlflow', 'rasterio', 'grain'}"


def _python(code, *arguments, **options):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, **options)


def _main(*arguments, **options):
    return _python("from kerasseg.cli import main; main()", *arguments, **options)


@pytest.mark.parametrize(
    "code",
    [
        "import kerasseg",
        "import kerasseg.cli",
        "from kerasseg.cli import main\ntry: main()\nexcept SystemExit: pass",
    ],
)
def test_opening_is_light(code):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = _python(
        f"import sys\n{code}\nprint({HEAVY} & set(sys.modules), file=sys.stderr)",
        "--help",
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stderr == "set()\n"
    # Processor time: it does not depend on what else the machine does.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_a_wrong_recipe_is_refused_before_anything_heavy(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("sed: 1\n")
    code = (
        "import sys\nfrom kerasseg.cli import main\n"
        f"try: main()\nfinally: print({HEAVY} & set(sys.modules))"
    )
    done = _python(code, "fit", path)
    assert done.returncode == 2
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        (("list", "runs"), 0, "no runs in sqlite:///mlruns/mlflow.db"),
        (("evaluate", "latest"), 2, "kerasseg: error: no run 'latest' in sqlite:"),
        (("show", "ab12"), 2, "kerasseg: error: no run 'ab12' in sqlite:"),
    ],
)
def test_where_no_run_is_one_line_tells_it_at_once(command, status, told, tmp_path):
    code = (
        "import sys\nfrom kerasseg.cli import main\n"
        f"try: main()\nfinally: print({HEAVY} & set(sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": str(HOUSE)}
    env.pop("MLFLOW_TRACKING_URI", None)
    done = _python(code, *command, cwd=tmp_path, env=env)
    assert done.returncode == status
    assert done.stdout == "set()\n"
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_names_every_command(kerasseg):
    told = kerasseg("--help").stdout
    for name in [
        "fit",
        "evaluate",
        "predict",
        "prepare",
        "sample",
        "check",
        "init",
        "schema",
        "show",
        "list",
    ]:
        assert f" {name} " in told
        assert kerasseg(name, "--help").exit_code == 0


def test_completion_is_there():
    # Typer asks which shell called; a test may be called from one it does not know.
    quiet = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = _main("--show-completion", "bash", env=quiet)
    shown = _main(
        env={
            **os.environ,
            "_KERASSEG_COMPLETE": "complete_bash",
            "COMP_WORDS": "kerasseg pre",
            "COMP_CWORD": "1",
        }
    )
    assert done.returncode == 0
    assert set(shown.stdout.split()) == {"predict", "prepare"}


def test_the_version_is_that_of_the_package(kerasseg):
    assert kerasseg("--version").stdout == "kerasseg 0.1.0\n"


@pytest.mark.parametrize(
    ("what", "some"),
    [
        ("models", "fpn "),
        ("datasets", "patches "),
        ("losses", "focal_jaccard "),
        ("augments", "quarter_turn "),
        ("encoders", "resnet18\n"),
    ],
)
def test_what_can_be_named_is_listed(kerasseg, what, some):
    assert some in kerasseg("list", what).stdout


def test_options_are_listed_with_default_and_meaning(kerasseg):
    told = kerasseg("list", "augments", "--options").stdout
    assert "    rotation = 90.0: Largest angle in degrees" in told


def test_defaults_are_listed_as_a_recipe_writes_them(kerasseg):
    told = kerasseg("list", "models", "--options").stdout
    assert "    decoder_widths = [256, 128]: Channels" in told
    assert "    weights = null: " in told


def test_the_schema_is_written_or_shown(kerasseg, tmp_path):
    shown = json.loads(kerasseg("schema").stdout)
    assert kerasseg("schema", tmp_path / "s.json").exit_code == 0
    assert json.loads((tmp_path / "s.json").read_text()) == shown == recipe.schema()


@pytest.mark.parametrize("name", ["datasets", "models"])
def test_a_command_that_is_wrong_is_one_line(kerasseg, name):
    done = kerasseg("list", name, "--bogus")
    assert done.exit_code == 2
    assert done.stderr == (
        "kerasseg: error: No such option: --bogus. See `kerasseg list --help`.\n"
    )


def test_what_can_be_listed_is_told_on_one_line(kerasseg):
    done = kerasseg("list")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "Choose from: models, datasets, losses" in done.stderr


_RECIPE = """\
version: 1
data: {name: patches, root: patches}
model: {name: fpn, encoder: resnet18}
training: {epochs: 1, batch_size: 2, learning_rate: 1e-3}
"""


@pytest.mark.parametrize(
    ("line", "environment", "chosen"),
    [
        ("", "tensorflow", "tensorflow"),
        ("", "", "jax"),
        ("backend: jax", "tensorflow", "jax"),
    ],
)
def test_the_environment_chooses_the_backend_where_the_recipe_does_not(
    kerasseg, tmp_path, monkeypatch, line, environment, chosen
):
    monkeypatch.setenv("KERAS_BACKEND", environment)
    (tmp_path / "recipe.yaml").write_text(_RECIPE + line)
    assert _chosen(monkeypatch, lambda: kerasseg("fit", "recipe.yaml")) == chosen


def test_the_environment_chooses_the_backend_for_a_model_without_a_run(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    run = partial(running.choose_backend, None, None)
    assert _chosen(monkeypatch, run) == "tensorflow"


def test_a_backend_of_the_environment_that_is_none_of_ours_is_told(
    kerasseg, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    (tmp_path / "recipe.yaml").write_text(_RECIPE)
    assert kerasseg("fit", "recipe.yaml").stderr == (
        "kerasseg: error: KERAS_BACKEND=torch: kerasseg runs on jax or tensorflow. "
        "Unset it, or choose one with `--backend`.\n"
    )


def _chosen(monkeypatch, run):
    """Return the backend that is asked for, and load none."""
    asked = []

    def choose(name):
        asked.append(name)
        raise ValueError("enough")

    monkeypatch.setattr(backend, "choose", choose)
    with suppress(ValueError):  # a command tells it itself
        run()
    return asked[0]


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_command_loads_no_backend_before_it_knows_which(command, tmp_path):
    script = (
        "import sys\n"
        "from kerasseg.cli import app, running\n"
        "def choose(recipe, wanted):\n"
        "    sys.exit(bool({'keras', 'tensorflow', 'jax'} & set(sys.modules)))\n"
        "running.choose_backend = choose\n"
        "app(sys.argv[1:])\n"
    )
    for name in ("model.keras", "scene.tif", "recipe.yaml"):
        (tmp_path / name).touch()
    arguments = {
        "predict": ["model.keras", "scene.tif", "map.tif"],
        "evaluate": ["model.keras", "--recipe", "recipe.yaml"],
    }[command]
    done = subprocess.run(
        [sys.executable, "-c", script, command, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
