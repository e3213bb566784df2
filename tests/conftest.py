"""What tests share: where the reference material lies, and quiet libraries."""

import gc
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
# Tests compile hundreds of programs and run each once or twice: XLA need not polish
# them, nor form its kernels by the slower of its two ways. That takes nine tenths of
# their time off; what is computed stays the same.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false",
)

import pytest

# What JAX compiled for one test or child process is there for the next, and gone after
# the run: never in the cache of whoever runs the tests.
PROGRAMS = tempfile.TemporaryDirectory(prefix="kerasseg-programs-")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", PROGRAMS.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

# Recipes of tests name the made-up world of `fakes.py` by its dotted path.
sys.path.insert(0, str(Path(__file__).parent))


def pytest_collection_finish():
    """Let the garbage collector pass over what was imported, as it is here to stay.

    It went through Keras, JAX and TensorFlow many times over in search of nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


SHARED = Path(
    os.environ.get("KERASSEG_SHARED", Path(__file__).parents[2] / "shared")
).resolve()


@pytest.fixture(scope="session")
def shared():
    """Return a function from parts of a path to reference material, or skip."""

    def find(*parts: str) -> Path:
        path = SHARED.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"no reference material at {path}; set KERASSEG_SHARED")
        return path

    return find


@pytest.fixture
def without_values():
    """Give no model of a test values, as it counts, names or refuses them only.

    To draw the values of a large model takes longer than most tests.
    """
    import keras

    with keras.StatelessScope(initialize_variables=False):
        yield
    # Keras keeps a list of such variables, and would draw them with the next model.
    keras.utils.clear_session(free_memory=False)


@pytest.fixture
def tiny_recipe(tmp_path):
    """Return a function that writes a recipe of the made-up world and reads it."""

    def write(*overrides: str):
        from fakes import TINY_RECIPE

        from kerasseg import recipe

        path = tmp_path / "tiny.yaml"
        path.write_text(TINY_RECIPE)
        return recipe.read(path, overrides)

    return write


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder with a tracking store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def server():
    """Run an object store that speaks S3 on this machine, and tell where."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


@pytest.fixture
def bucket(server, monkeypatch, request, tmp_path):
    """Make an empty bucket; what is fetched or half made lies in `tmp_path`."""
    from kerasseg import places

    monkeypatch.setattr(places.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    name = request.node.name.replace("_", "-")[:60]
    s3fs.S3FileSystem().mkdir(name)
    yield f"s3://{name}"
    s3fs.S3FileSystem.clear_instance_cache()
