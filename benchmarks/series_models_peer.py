"""The peer of `series_models.py`: the same models in plain PyTorch.

It knows nothing of kerasseg, for it runs in an environment of its own.
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np
import torch
from peers.series import MODELS
from stopwatch import MATRIX, answer, matrix_peak, measure, peak_rss_gb
from torch.utils.flop_counter import FlopCounterMode

BANDS, CLASSES = 10, 20


def main():
    if sys.argv[1] == "check":
        check(Path(sys.argv[2]))
        return
    task, name = sys.argv[1:3]
    batch, dates, size, threads, rounds, limit = map(int, sys.argv[3:9])
    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # Matrices stay float32 on a GPU too, as they do under Keras.
    torch.set_float32_matmul_precision("highest")
    if limit and device == "cpu":  # an error here, not an end of the whole machine
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    shape = (batch, dates, BANDS, size, size)
    model = MODELS[name](BANDS, CLASSES).to(device)
    rng = np.random.default_rng(0)
    image = rng.normal(size=shape).astype("float32")
    days = np.sort(rng.choice(380, (batch, dates), replace=False), 1)
    label = rng.integers(0, CLASSES, (batch, size, size))
    batch = [torch.from_numpy(x) for x in (image, days.astype("float32"), label)]
    step = {"train": train, "predict": predict}[task](model, device, *batch)
    try:
        measured = measure(step, rounds)
    except RuntimeError as error:  # PyTorch's allocator has no class of its own
        if "memory" not in str(error):
            raise
        answer(too_large=True, flops=flops(name, shape, task))
        return
    memory = peak_rss_gb()
    if device == "cuda":
        memory = torch.cuda.max_memory_allocated() / 1e9
    square = torch.rand(MATRIX, MATRIX, device=device)
    answer(
        **measured,
        memory_gb=memory,
        matrix_peak=matrix_peak(lambda: (square @ square)[0, 0].item()),
        flops=flops(name, shape, task),
        device=torch.cuda.get_device_name() if device == "cuda" else "cpu",
        versions=f"torch {torch.__version__}",
    )


def train(model, device, image, days, label):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step():
        optimizer.zero_grad()
        logits = model(image.to(device), days.to(device))
        loss = torch.nn.functional.cross_entropy(logits, label.to(device))
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def predict(model, device, image, days, _):
    model.eval()

    @torch.inference_mode()
    def step():
        return model(image.to(device), days.to(device)).cpu().numpy()

    return step


def flops(name, shape, task):
    """Count the operations of convolutions and products of matrices, two per product.

    Nothing is computed: tensors have a shape and no content. A train step does the
    forward work three times over, but has no gradient of the image.
    """
    with torch.device("meta"):
        model = MODELS[name](BANDS, CLASSES)
        with FlopCounterMode(display=False) as counter:
            model(torch.empty(shape), torch.empty(shape[:2]))
    total = float(counter.get_total_flops())
    if task != "train":
        return total
    first = next(m for m in model.modules() if isinstance(m, torch.nn.Conv2d))
    batch, dates, _, height, width = shape
    return 3 * total - 2.0 * batch * dates * height * width * first.weight.numel()


def check(folder):
    """Compare every model with answers of the published code; raises if one differs."""
    sys.path.insert(0, str(folder))
    import recipe_weights
    from safetensors.torch import load_file

    for name, model in MODELS.items():
        known = folder / f"{name}_default"
        meta = json.loads((known / "meta.json").read_text())
        state = known / "weights.safetensors"
        if state.exists():
            state = load_file(state)
        else:
            made = recipe_weights.make_state(meta)
            state = {key: torch.as_tensor(value) for key, value in made.items()}
        state.pop("position_embedding.pe", None)
        shapes = {key: value["shape"] for key, value in meta["state_dict"].items()}
        model = model(BANDS, shapes["out_conv.conv.conv.4.weight"][0]).eval()
        model.load_state_dict(state)
        arrays = np.load(known / "io.npz")
        for case in ("t1", "rect"):
            x = torch.from_numpy(arrays[f"{case}/in/x"])
            days = torch.from_numpy(arrays[f"{case}/in/positions"]).float()
            with torch.inference_mode():
                found = model(x, days).numpy()
            atol = meta["cases"][case]["outputs"]["logits"]["atol"]
            wanted = arrays[f"{case}/out/logits"]
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=atol)
            print(f"{name}, {case}: differs by {np.abs(found - wanted).max():.1e}")


if __name__ == "__main__":
    main()
