"""Our side of `series_models.py`: one series model, on one backend."""

import importlib
import json
import sys

import numpy as np
from models_ours import prepare, product
from stopwatch import answer, matrix_peak, measure, peak_rss_gb

from kerasseg import backend

BANDS, CLASSES = 10, 20


def main():
    name, task, model_name = sys.argv[1:4]
    batch, dates, size, threads, rounds = map(int, sys.argv[4:9])
    options = json.loads(sys.argv[9])
    prepare(name, threads)
    import keras
    from series_flops import count

    build = importlib.import_module(f"kerasseg.models.{model_name}").build
    model = build(BANDS, CLASSES, **options)
    rng = np.random.default_rng(0)
    shape = (batch, dates, size, size, BANDS)
    image = rng.standard_normal(shape, "float32")
    days = np.sort(rng.choice(380, (batch, dates), replace=False), 1).astype("int32")
    label = rng.integers(0, CLASSES, (batch, size, size)).astype("uint8")
    inputs = {"image": image, "days": days}
    step = {"train": train, "predict": predict}[task](model, inputs, label)
    measured = measure(step, rounds)
    devices = backend.devices()
    memory = backend.peak_memory_bytes() / 1e9 if devices != ["cpu"] else peak_rss_gb()
    answer(
        **measured,
        memory_gb=memory,
        matrix_peak=matrix_peak(product(keras, name)),
        flops=count(build(BANDS, CLASSES), shape, task),
        device=devices[0],
        versions=f"keras {keras.__version__}, {name} {sys.modules[name].__version__}",
    )


def train(model, inputs, label):
    import keras

    from kerasseg import losses

    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=losses.cross_entropy,
        **backend.compile_options(),
    )
    return lambda: float(model.train_on_batch(inputs, label))


def predict(model, inputs, _):
    model.compile(**backend.compile_options())
    return lambda: model.predict_on_batch(inputs)


if __name__ == "__main__":
    main()
