"""Cut one scene and its label raster into patches."""

import numpy as np

from kerasseg import raster
from kerasseg.datasets.patches import crc
from kerasseg.legend import IGNORE
from kerasseg.prepare.grid import Cut
from kerasseg.prepare.labels import Decoder
from kerasseg.prepare.record import Job, Patch, save
from kerasseg.raster import Window, plain


def run(job: Job) -> None:
    """Cut a scene; the record is written when all its patches are.

    One window is in memory at a time, beside GDAL's cache, whatever the scene's size.
    """
    with (
        raster.open_stack(job.pair.image) as image,
        raster.open_stack(job.pair.label) as stack,
    ):
        label = Decoder(stack, job.legend, job.cut.coding)
        listed = list(job.cut.windows(image.info.height, image.info.width))
        patches = [
            patch
            for block, window in listed
            if (patch := _cut(job, block, window, image, label))
        ]
    save(job, patches, dropped=len(listed) - len(patches))


def _cut(
    job: Job, block: str, window: Window, image: raster.Stack, label: Decoder
) -> Patch | None:
    about, size = image.info, job.cut.size
    inside = window.within(about.height, about.width)
    classes = _padded(label.read(inside), size, IGNORE)
    if not _worth_keeping(classes, job.cut):
        return None  # The image need not be read: it can only take labels away.
    pixels = image.read(inside)
    observed = _observed(about, pixels, inside)
    if not observed.all():
        pixels[~observed] = 0
    pixels, observed = _padded(pixels, size, 0), _padded(observed, size, False)
    if not observed.all():
        classes[~observed] = IGNORE
    if not _worth_keeping(classes, job.cut):
        return None
    counts = np.bincount(classes.ravel(), minlength=256)
    name = f"{job.stem}_r{window.row}_c{window.column}"
    _write(job, name, window, about, pixels, classes)
    mean, squares = _moments(pixels, observed)
    return Patch(
        id=name,
        scene=job.pair.scene,
        block=block,
        row=window.row,
        column=window.column,
        counts=tuple(counts[: job.legend.num_classes].tolist()),
        ignored=int(counts[IGNORE]),
        pixels=int(observed.sum()),
        mean=mean,
        squares=squares,
        crc=crc(pixels, classes),
    )


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
    bands = job.cut.bands or about.bands
    folder = job.destination
    place = folder / "images" / f"{name}.tif"
    plain.write(place, pixels, crs, transform, bands=bands)
    place = folder / "labels" / f"{name}.tif"
    plain.write(place, classes, crs, transform, legend=job.legend)


def _observed(about: raster.Info, pixels: np.ndarray, window: Window) -> np.ndarray:
    """Tell which pixels hold an image, bool `(H, W)`.

    Raises:
        RasterError: If a pixel is not a number, and nodata is not that.
    """
    nodata = about.nodata
    if nodata is not None and not np.isnan(nodata):
        observed = (pixels != nodata).any(axis=-1)
    else:
        observed = np.ones(pixels.shape[:2], bool)
    if pixels.dtype.kind != "f":
        return observed
    finite = np.isfinite(pixels).all(axis=-1)
    if nodata is not None and np.isnan(nodata):
        return finite
    if not finite[observed].all():
        row, column = np.argwhere(~finite & observed)[0]
        raise raster.RasterError(
            f"{about.path}: not a finite number at row {window.row + row}, column "
            f"{window.column + column}. Mend it, or declare NaN as the file's nodata."
        )
    return observed


def _padded(pixels: np.ndarray, size: int, value: int) -> np.ndarray:
    missing = [(0, size - length) for length in pixels.shape[:2]]
    if not any(after for _, after in missing):
        return pixels
    missing += [(0, 0)] * (pixels.ndim - 2)
    return np.pad(pixels, missing, constant_values=value)


def _worth_keeping(classes: np.ndarray, cut: Cut) -> bool:
    """Compare by the index of the background, present or not.

    Counting the lowest label *present* as background would drop patches of one pure
    class.
    """
    useful = classes != IGNORE
    if cut.background is not None:
        useful &= classes != cut.background
    return np.count_nonzero(useful) > cut.keep * classes.size


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
