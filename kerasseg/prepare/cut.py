"""Cut one scene and its label raster into patches."""

from contextlib import closing

import numpy as np

from kerasseg import raster
from kerasseg.datasets.patches import crc
from kerasseg.legend import IGNORE
from kerasseg.prepare import rules
from kerasseg.prepare.labels import Decoder
from kerasseg.prepare.record import Dropped, Job, Patch, save
from kerasseg.prepare.rules import Facts
from kerasseg.prepare.sky import Masks
from kerasseg.raster import Window, plain

PART = 256
"""Windows in a part of a scene: what one process does, and what is noted."""


def run(job: Job) -> None:
    """Cut a scene, or a part of one; the record is written when its patches are.

    One window is in memory at a time, beside GDAL's cache, whatever the scene's size.
    """
    cut = job.cut
    with (
        raster.open_stack(job.pair.images) as image,
        raster.open_stack(job.pair.label) as stack,
        closing(Masks(job.pair.masks, image.info, cut.sky)) as masks,
    ):
        label = Decoder(stack, job.legend, cut.coding)
        listed = list(cut.windows(image.info.height, image.info.width))
        chosen = listed[job.part * PART :][: PART if job.parts > 1 else None]
        done = [
            _cut(job, block, window, image, label, masks) for block, window in chosen
        ]
    save(
        job,
        [each for each in done if isinstance(each, Patch)],
        [each for each in done if isinstance(each, Dropped)],
    )


def parts(job: Job, height: int, width: int) -> int:
    """Count the parts of a scene of that size."""
    return max(-(-sum(1 for _ in job.cut.windows(height, width)) // PART), 1)


def _cut(
    job: Job,
    block: str,
    window: Window,
    image: raster.Stack,
    label: Decoder,
    masks: Masks,
) -> Patch | Dropped:
    about, size = image.info, job.cut.size
    inside = window.within(about.height, about.width)
    classes = _padded(label.read(inside), size, IGNORE)
    cloud, snow = masks.shares(inside)
    facts = Facts(_counts(classes), None, cloud, snow)
    if reason := rules.verdict(job.cut.rules, facts):
        # The image need not be read: it can only take labels away.
        return _dropped(job, window, facts, reason)
    dates = len(job.pair.images)
    pixels = image.read(inside)
    pixels = pixels.reshape(*pixels.shape[:2], dates, -1)  # (H, W, T, C)
    observed = _observed(image, pixels, inside)
    if not observed.all():
        pixels[~observed] = 0
    pixels, observed = _padded(pixels, size, 0), _padded(observed, size, False)
    seen = observed.any(axis=-1)
    if not seen.all():
        classes[~seen] = IGNORE
    facts = Facts(_counts(classes), float(seen.mean()), cloud, snow)
    if reason := rules.verdict(job.cut.rules, facts):
        return _dropped(job, window, facts, reason)
    stacked = pixels.reshape(size, size, -1)
    name = f"{job.stem}_r{window.row}_c{window.column}"
    _write(job, name, window, about, stacked, classes)
    mean, squares = _moments(pixels, observed)
    return Patch(
        id=name,
        scene=job.pair.scene,
        block=block,
        row=window.row,
        column=window.column,
        counts=tuple(facts.counts[: job.legend.num_classes].tolist()),
        ignored=int(facts.counts[IGNORE]),
        pixels=int(observed.sum()),
        mean=mean,
        squares=squares,
        crc=crc(stacked, classes),
        facts=(facts.observed, cloud, snow),
    )


def _dropped(job: Job, window: Window, facts: Facts, reason: str) -> Dropped:
    shares = (facts.observed, facts.cloud, facts.snow)
    return Dropped(job.pair.scene, window.row, window.column, reason, shares)


def _counts(classes: np.ndarray) -> np.ndarray:
    return np.bincount(classes.ravel(), minlength=256)


def _write(
    job: Job,
    name: str,
    window: Window,
    about: raster.Info,
    pixels: np.ndarray,
    classes: np.ndarray,
) -> None:
    crs, transform = about.crs, None
    if about.is_georeferenced:
        transform = about.transform @ about.transform.translation(
            window.column, window.row
        )
    names = job.cut.bands or about.bands[: about.count // len(job.pair.images)]
    bands = [f"{day} {band}" for day in job.pair.dates for band in names] or names
    folder = job.destination
    place = folder / "images" / f"{name}.tif"
    plain.write(place, pixels, crs, transform, bands=bands)
    place = folder / "labels" / f"{name}.tif"
    plain.write(place, classes, crs, transform, legend=job.legend)


def _observed(image: raster.Stack, pixels: np.ndarray, window: Window) -> np.ndarray:
    """Tell which pixels of which date hold an image, bool `(H, W, T)`.

    Raises:
        RasterError: If a pixel is not a number, and nodata is not that.
    """
    observed = image.observed_each(window)
    if pixels.dtype.kind != "f":
        return observed
    each, nodata = raster.is_measured(pixels), image.info.nodata
    measured = each.all(axis=-1)
    if nodata is not None and np.isnan(nodata):
        return observed & measured
    if not measured[observed].all():
        wrong = tuple(np.argwhere(~each & observed[..., None])[0])
        row, column = window.row + wrong[0], window.column + wrong[1]
        raise raster.RasterError(
            f"{image.info.path}: {pixels[wrong]:g} at row {row}, column {column} is "
            "nothing measured. Mend it, or declare it as the file's nodata."
        )
    return observed


def _padded(pixels: np.ndarray, size: int, value: int) -> np.ndarray:
    missing = [(0, size - length) for length in pixels.shape[:2]]
    if not any(after for _, after in missing):
        return pixels
    missing += [(0, 0)] * (pixels.ndim - 2)
    return np.pad(pixels, missing, constant_values=value)


def _moments(
    pixels: np.ndarray, observed: np.ndarray
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and sum of squared distances per band, of the observed pixels."""
    if not observed.all():
        pixels = pixels[observed]
    bands = pixels.reshape(-1, pixels.shape[-1]).T.astype(np.float64, order="C")
    if not bands.size:
        return (0.0,) * len(bands), (0.0,) * len(bands)
    mean = bands.mean(axis=1)
    bands -= mean[:, None]
    return tuple(mean.tolist()), tuple(np.einsum("cn,cn->c", bands, bands).tolist())
