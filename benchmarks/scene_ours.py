"""One contestant of `scene_predict.py`: kerasseg on the backend of the environment."""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from stopwatch import answer, peak_rss_gb

from kerasseg import artifact, backend, legend, predict
from kerasseg.models import fpn

backend.choose(os.environ.get("KERAS_BACKEND", "jax"))


def assembled(network: keras.Model, bands: int, classes: int) -> keras.Model:
    entries = [{"name": f"class {i}", "color": [20 * i] * 3} for i in range(classes)]
    known = legend.from_dict({"classes": entries})
    names = [f"B{band:02d}" for band in range(1, bands + 1)]
    model = artifact.assemble(network, names, [120] * bands, [50] * bands, known)
    model.compile(**backend.compile_options())
    return model


def tiny(bands: int, classes: int) -> keras.Model:
    """A model that costs little, so that all else is what is measured."""
    image = keras.Input((None, None, bands), name="image")
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    return keras.Model({"image": image}, keras.layers.Conv2D(classes, 1)(x))


def memory(scene: str, small: str, folder: str) -> None:
    """Map a small scene, then a large one, and tell the most memory of both."""
    model = assembled(tiny(10, 12), 10, 12)
    predict.scene(model, small, Path(folder) / "first.tif", batch_size=4)
    before, begun = peak_rss_gb(), time.perf_counter()
    outputs = predict.Outputs(confidence=True)
    told = predict.scene(
        model, scene, Path(folder) / "map.tif", batch_size=4, outputs=outputs
    )
    answer(
        model_gb=before,
        beyond_gb=peak_rss_gb() - before,
        seconds=time.perf_counter() - begun,
        windows=told.windows,
    )


def speed(scene: str, folder: str, window: str, batch: str, rounds: str) -> None:
    """Time a scene beside the bare model on windows that lie in memory."""
    window, batch, rounds = int(window), int(batch), int(rounds)
    same = {"encoder": "resnet18", "layout": "smp", "aggregation": "sum"}
    model = assembled(fpn.build(3, 5, **same), 3, 5)
    images = np.random.default_rng(0).integers(0, 256, (batch, window, window, 3))
    images = images.astype(np.uint8)
    how = {"window": window, "batch_size": batch}
    told = predict.scene(model, scene, Path(folder) / "map.tif", **how)
    model.predict_on_batch({"image": images})
    batches = -(-told.windows // batch)
    times = {"scene": [], "bare": []}
    for _ in range(rounds):
        told = predict.scene(model, scene, Path(folder) / "map.tif", **how)
        times["scene"].append(told.seconds)
        begun = time.perf_counter()
        for _ in range(batches):
            model.predict_on_batch({"image": images})
        times["bare"].append(time.perf_counter() - begun)
    answer(**times, windows=told.windows)


if __name__ == "__main__":
    {"memory": memory, "speed": speed}[sys.argv[1]](*sys.argv[2:])
