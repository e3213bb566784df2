"""A small world where all is well, ways to spoil it, and what must be said then."""

import resource
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kerasseg import legend, raster
from kerasseg.cli import app

_LEGEND = """\
classes:
  - {name: field, color: "#00FF00", code: 1}
  - {name: house, color: "#FF0000", code: 2}
ignored:
  - {name: nothing, color: "#000000", code: 0}
"""
_RECIPE = """\
version: 1
backend: BACKEND
data: {name: patches, root: patches}
model: {name: fpn, encoder: resnet18, encoder_width: 8, decoder_widths: [8, 8]}
loss: cross_entropy
training:
  epochs: 1
  batch_size: 2
  learning_rate: 1e-3
"""
_PLACES = ("images", "labels", "legend.yaml", "patches")
_RESUMED = Path("new")
"""Where cases prepare patches: a stop leaves what the next run goes on from."""


class World:
    """A folder with scenes, labels, legend, patches, recipe and model, to be spoilt."""

    def __init__(self, folder: Path):
        self.folder = folder

    def change(self, old: str, new: str, name: str = "recipe.yaml") -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def write(self, name: str, content: str | bytes) -> None:
        content = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(content)

    def remove(self, *names: str) -> None:
        for name in names:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def cut_short(self, name: str, share: float = 0.5) -> None:
        content = (self.folder / name).read_bytes()
        self.write(name, content[: int(len(content) * share)])

    def paint(
        self, name: str, value: object, *shape: int, dtype: str = "uint8"
    ) -> None:
        """Write another raster, filled with a value or a row of them."""
        raster.write(self.folder / name, np.full(shape, value, dtype))

    def prepare(self, **options: object) -> None:
        """Prepare the patches anew."""
        from kerasseg.prepare import patches

        shutil.rmtree(self.folder / "patches", ignore_errors=True)
        places = [self.folder / name for name in _PLACES]
        patches.run(*places, size=32, workers=1, background=None, **options)

    def fill_disk(self) -> None:
        """Let no file grow beyond 200 bytes, as if the disk were full."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))

    def files(self) -> set[Path]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder) for path in found}


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    import keras

    from kerasseg import artifact

    world = World(tmp_path_factory.mktemp("good"))
    rng = np.random.default_rng(0)
    for kind, low, high, shape in (
        ("images", 0, 255, (64, 64, 3)),
        ("labels", 1, 3, (64, 64)),
    ):
        (world.folder / kind).mkdir()
        for name in ("a", "b", "c"):
            pixels = rng.integers(low, high, shape, np.uint8)
            raster.write(world.folder / kind / f"{name}.tif", pixels)
    world.write("legend.yaml", _LEGEND)
    world.write("recipe.yaml", _RECIPE.replace("BACKEND", keras.config.backend()))
    world.prepare()
    image = keras.Input((None, None, 3), name="image")
    model = keras.Model({"image": image}, keras.layers.Conv2D(2, 1)(image))
    bands = ("band_1", "band_2", "band_3")
    known = legend.read(world.folder / "legend.yaml")
    whole = artifact.assemble(model, bands, [0] * 3, [1] * 3, known)
    artifact.save(whole, world.folder / "model.keras")
    return world


@pytest.fixture
def told(good, tmp_path, monkeypatch):
    """Return a function that spoils a copy of the good world, and runs a command.

    It returns the exit code and the errors, `{tmp}` standing for the folder, and sees
    to it that nothing is left half-written.
    """
    world = World(tmp_path / "world")
    shutil.copytree(good.folder, world.folder)
    monkeypatch.chdir(world.folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def run(command, spoil=None):
        try:
            if spoil is not None:
                spoil(world)
            before = world.files()
            done = CliRunner().invoke(app, shlex.split(command))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "Traceback" not in done.output
        assert not _half_written(world.files() - before)
        return done.exit_code, done.stderr.replace(str(world.folder), "{tmp}")

    return run


def _half_written(files: set[Path]) -> set[Path]:
    """Leave out what `prepare` goes on from, and the empty store of MLflow."""
    resumed = set() if _RESUMED / "index.csv" in files else {_RESUMED.name}
    return {
        path
        for path in files - {Path("mlruns/mlflow.db")}
        if path.name.endswith(".partial") or path.parts[0] not in resumed
    }
