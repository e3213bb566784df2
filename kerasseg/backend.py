"""Everything that differs between JAX and TensorFlow and is not behind `keras.ops`."""

import hashlib
import os
import platform
import random
import resource
import sys
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from kerasseg import heap

_LONG_TO_COMPILE = 0.3
"""Seconds of compiling, or loading, after which the heap is put in order."""

_PACKAGES = {"jax": "jax", "tensorflow": "tensorflow"}


def choose(name: str) -> None:
    """Make Keras use a backend. Must come before Keras is imported.

    Raises:
        ValueError: If the backend is not installed, or Keras runs on another already.
    """
    if find_spec(_PACKAGES[name]) is None:
        raise ValueError(
            f'backend {name!r} is not installed. Run `pip install "kerasseg[{name}]"`, '
            "or choose the other with `--backend`."
        )
    if "keras" in sys.modules:
        import keras

        if keras.config.backend() != name:
            raise ValueError(
                f"Keras already runs on {keras.config.backend()!r}, and {name!r} was "
                "asked for. Set KERAS_BACKEND before Keras is imported."
            )
    os.environ["KERAS_BACKEND"] = name
    if name == "jax":
        _keep_programs()
    # TensorFlow tells of its instruction sets at every start.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if name == "jax":
        # Keras seeds TensorFlow all the same, which then tells of its kernels.
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
        _keep_memory()


def of_environment() -> str | None:
    """Return the backend that `KERAS_BACKEND` names, or None where it names none.

    Raises:
        ValueError: If it is one that kerasseg does not run on.
    """
    name = os.environ.get("KERAS_BACKEND")
    if name and name not in _PACKAGES:
        raise ValueError(
            f"KERAS_BACKEND={name}: kerasseg runs on {' or '.join(_PACKAGES)}. Unset "
            "it, or choose one with `--backend`."
        )
    return name or None


@cache
def _keep_memory() -> None:
    """Keep freed memory, and put the heap in order when XLA has compiled for long."""
    import jax

    def compiled(event: str, seconds: float, **_) -> None:
        if not event.endswith("backend_compile_duration"):
            return
        if jax.default_backend() == "cpu":
            heap.reserve()
            if seconds > _LONG_TO_COMPILE:
                heap.fill_holes()

    heap.keep_freed_memory()
    jax.monitoring.register_event_duration_secs_listener(compiled)


def save_memory() -> None:
    """Let this process take little memory rather than little time."""
    import keras

    if keras.config.backend() == "jax":
        heap.map_large_blocks()


def _keep_programs() -> None:
    """Let JAX keep what it compiled, so that the next start need not compile it again.

    A folder for each kind of processor: home directories are shared between machines,
    and a program for one may not run on another. The environment has the last word.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    flags = ""
    with suppress(OSError):  # where there is no such file, the architecture must do
        flags = Path("/proc/cpuinfo").read_text().partition("flags")[2].split("\n")[0]
    kind = f"{platform.machine()}-{hashlib.sha256(flags.encode()).hexdigest()[:8]}"
    folder = home / "kerasseg" / "programs" / kind
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))


def seed(number: int) -> None:
    """Make every random choice that follows the same in every run."""
    import keras

    if keras.config.backend() == "tensorflow":
        keras.utils.set_random_seed(number)
        return
    # Keras' own function would load TensorFlow too, where it is installed. It draws
    # the seeds of initialisers and dropout from Python's generator.
    random.seed(number)
    np.random.seed(number)


def devices() -> list[str]:
    """Name the devices that compute, such as `cpu` or `NVIDIA H200`."""
    import keras

    if keras.config.backend() == "jax":
        import jax

        return [device.device_kind for device in jax.devices()]
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(device) for device in found]
    return [detail.get("device_name", "GPU") for detail in details] or ["cpu"]


def compile_options() -> dict[str, Any]:
    """Return what `Model.compile` should be told on this backend and device.

    TensorFlow's own kernels use oneDNN on a CPU, which XLA there does not.
    """
    import keras

    if keras.config.backend() == "tensorflow" and devices() == ["cpu"]:
        return {"jit_compile": False}
    return {"jit_compile": True}


def peak_memory_bytes() -> int:
    """Return the most memory used so far: of the GPU if there is one, else resident."""
    import keras

    if devices() != ["cpu"]:
        if keras.config.backend() == "jax":
            import jax

            return jax.devices()[0].memory_stats()["peak_bytes_in_use"]
        import tensorflow as tf

        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def free_memory_bytes() -> int:
    """Return how much memory is free: of the GPU if there is one, else of the machine.

    A limit that a container sets (cgroup) counts as the machine's. Where nothing is
    known, four gigabytes.
    """
    if devices() != ["cpu"]:
        return _free_on_device()
    found = []
    with suppress(OSError, ValueError, IndexError):
        line = Path("/proc/meminfo").read_text().partition("MemAvailable:")[2]
        found.append(int(line.split()[0]) * 1024)
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text())  # "max" where there is none
        found.append(limit - int((group / "memory.current").read_text()))
    return max(min(found, default=_UNKNOWN), 0)


_UNKNOWN = 4 << 30


def _free_on_device() -> int:
    import keras

    if keras.config.backend() != "jax":
        return _UNKNOWN  # TensorFlow tells what is in use, but not of how much.
    import jax

    told = jax.devices()[0].memory_stats() or {}
    return told.get("bytes_limit", _UNKNOWN) - told.get("bytes_in_use", 0)
