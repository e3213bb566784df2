"""Published answers: weights, inputs, outputs and the maps in between."""

import importlib.util
import json
from collections.abc import Callable

import keras
import numpy as np
import pytest


class Fixture:
    """One folder of `golden/`: what a published model answers."""

    def __init__(self, folder, recipe_weights):
        self.meta = json.loads((folder / "meta.json").read_text())
        self.arrays = np.load(folder / "io.npz")
        self._folder, self._recipe_weights = folder, recipe_weights

    def weights(self, tmp_path):
        """Return the path of the weights, made from their recipe if need be."""
        stored = self._folder / "weights.safetensors"
        if stored.exists():
            return stored
        made = tmp_path / "weights.safetensors"
        self._recipe_weights.write_safetensors(
            made, self._recipe_weights.make_state(self.meta)
        )
        return made

    def image(self, case):
        return self.arrays[f"{case}/in/x"].transpose(0, 2, 3, 1)

    def series(self, case, *, by_value):
        """Return the inputs of a series model.

        `by_value` leaves padding as the published code has it: dates of 0 and images
        of one value. Otherwise such dates are -1.
        """
        options = self.meta["model"]["kwargs"]
        image = self.arrays[f"{case}/in/x"]
        days = self.arrays[f"{case}/in/positions"]
        day_of_year = days
        if days.ndim == 3:
            days, day_of_year = days[..., 0], days[..., 1]
        padded = (image == options.get("pad_value", 0)).all(axis=(2, 3, 4))
        if not by_value:
            days = np.where(padded, -1, days)
        batch = {"image": image.transpose(0, 1, 3, 4, 2), "days": days}
        if options.get("use_doy") or options.get("use_abs_rel_enc"):
            batch["day_of_year"] = np.asarray(day_of_year, "int32")
        return batch

    def check(self, case, name, found):
        """Compare a map, or a map for each date or head, with the published one."""
        content = self.meta["cases"][case]
        kind, part = (
            ("outputs", "out") if name in content["outputs"] else ("features", "feat")
        )
        tolerance = content[kind][name]["atol"]
        found = np.asarray(found)
        if name in ("att", "temporal_encoder:1") or (
            name == "temporal_encoder" and found.ndim == 5
        ):
            found = found.swapaxes(0, 1)  # (heads, B, T, h, w)
        elif len(content[kind][name]["shape"]) == 3:  # pixels in a row, (B, H * W, C)
            found = found.reshape(len(found), -1, found.shape[-1])
        else:
            found = np.moveaxis(found, -1, -3)
        key = f"{case}/{part}/{name}"
        if key not in self.arrays:
            key = f"{case}/{part}_sample/{name}"
            places = np.round(np.linspace(0, found.size - 1, 4096)).astype(np.int64)
            found = found.reshape(-1)[np.unique(places)]
        np.testing.assert_allclose(
            found, self.arrays[key], rtol=1e-4, atol=tolerance, err_msg=name
        )


@pytest.fixture(scope="session")
def briefly():
    """Return options to compile a model that TensorFlow should run without a graph.

    It traces and compiles one for many times as long as it then runs it. Large fixtures
    are met like this, narrow ones by a graph. JAX compiles either.
    """
    if keras.config.backend() == "tensorflow":
        return {"run_eagerly": True, "jit_compile": False}
    return {}


@pytest.fixture(scope="session")
def golden(shared) -> Callable[[str], Fixture]:
    """Return a function from the name of a folder to its content."""
    path = shared("golden", "recipe_weights.py")
    spec = importlib.util.spec_from_file_location("recipe_weights", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda name: Fixture(shared("golden", name), module)
