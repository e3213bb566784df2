"""Published answers: weights, inputs, outputs and the maps in between."""

import importlib.util
import json
from collections.abc import Callable

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

    def check(self, case, name, found):
        """Compare a map `(B, H, W, C)` with the published one."""
        kind, part = ("outputs", "out") if name == "logits" else ("features", "feat")
        tolerance = self.meta["cases"][case][kind][name]["atol"]
        found = np.asarray(found).transpose(0, 3, 1, 2)
        key = f"{case}/{part}/{name}"
        if key not in self.arrays:
            key = f"{case}/{part}_sample/{name}"
            places = np.round(np.linspace(0, found.size - 1, 4096)).astype(np.int64)
            found = found.reshape(-1)[np.unique(places)]
        np.testing.assert_allclose(
            found, self.arrays[key], rtol=1e-4, atol=tolerance, err_msg=name
        )


@pytest.fixture(scope="session")
def golden(shared) -> Callable[[str], Fixture]:
    """Return a function from the name of a folder to its content."""
    path = shared("golden", "recipe_weights.py")
    spec = importlib.util.spec_from_file_location("recipe_weights", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda name: Fixture(shared("golden", name), module)
