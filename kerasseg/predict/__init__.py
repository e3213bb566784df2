"""Map a scene of any size, window by window, with bounded memory."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from weakref import WeakKeyDictionary

import keras
import numpy as np

from kerasseg import artifact, backend, raster
from kerasseg.layers.bands import Bands
from kerasseg.legend import IGNORE, Legend
from kerasseg.predict.ahead import ahead, behind
from kerasseg.predict.blending import Axis, Mosaic, most_likely
from kerasseg.predict.dated import Dated
from kerasseg.predict.reading import Place, Scene, match_bands
from kerasseg.raster.writing import BLOCK

__all__ = ["Summary", "scene", "series"]

_STRIDE = 32
"""Models work on multiples of this; smaller windows would be padded inside."""


_networks: WeakKeyDictionary[keras.Model, keras.Model] = WeakKeyDictionary()
"""What was compiled for a model, so that its next scene need not wait for it."""


@dataclass(frozen=True)
class Summary:
    """What was mapped.

    Args:
        map: The GeoTIFF of class indices.
        probabilities: The GeoTIFF of their probabilities, if asked for.
        height: Rows of the scene.
        width: Columns of the scene.
        windows: Windows the scene was cut into.
        pixels: How many pixels each class got, and, last, how many hold no data.
        seconds: How long it took.
    """

    map: Path
    probabilities: Path | None
    height: int
    width: int
    windows: int
    pixels: tuple[int, ...]
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.map}: {self.height} x {self.width} pixels, {self.windows} windows "
            f"in {self.seconds:.1f} s"
        )


def scene(
    model: keras.Model,
    source: str | Path | Sequence[str | Path],
    destination: str | Path,
    *,
    window: int = 512,
    overlap: int | None = None,
    batch_size: int = 4,
    probabilities: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Map a scene with a saved model.

    The map is a GeoTIFF of class indices on the grid of the scene, with the colours
    and names of the model's legend; pixels that hold no data are `legend.IGNORE`.
    Where windows overlap, their class probabilities are averaged (see `blending`).
    Probabilities rather than logits: they are bounded, so that one window that is
    very sure of itself cannot outvote the others.

    Args:
        model: What `artifact.load` returns.
        source: The raster, or several of the same grid whose bands are put together.
        destination: The map. It appears when it is whole.
        window: Side of a window, in pixels. A scene smaller than a window is mirrored
            to fill one.
        overlap: Pixels that neighbouring windows share at least, up to half a window;
            an eighth of a window by default.
        batch_size: Windows computed at a time.
        probabilities: Whether to write `<destination>_probabilities.tif` as well: one
            band per class, float32, NaN where there is no data.
        progress: Called with the windows done and their number.

    Raises:
        ValueError: If the bands do not fit the model, or the overlap the window.
        FileNotFoundError: If there is no such scene.
        OSError: If the map cannot be written.
    """
    _refuse_series(model)
    destination = Path(destination)
    info = raster.info(source)
    bands = match_bands(info, artifact.bands(model))
    rows, columns = _axes(info, window, overlap)
    _refuse_own_place(source, destination)
    with raster.open_stack(source) as stack:
        windows = Scene(stack, bands, _means(model), rows, columns)
        classify = _classifier(model, lambda images: {"image": images})
        return _map(
            model, windows, classify, destination, batch_size, probabilities, progress
        )


def series(  # noqa: PLR0913
    model: keras.Model,
    folder: str | Path,
    destination: str | Path,
    *,
    images: str = "*.tif",
    date_format: str | None = None,
    reference_date: str | None = None,
    days: Literal["season", "lunar_year"] = "season",
    resampling: Literal["nearest", "cubic"] = "nearest",
    offset: int | Literal["auto"] = 0,
    window: int = 128,
    overlap: int | None = None,
    batch_size: int = 1,
    probabilities: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Map a scene seen on many dates with a saved model of series; see `scene`.

    Args:
        model: What `artifact.load` returns.
        folder: Where the dated GeoTIFFs of the scene lie, one date in one file or in
            several, of one or several pixel sizes.
        destination: The map, on the grid of the finest files.
        images: Pattern of the files' names, as seen from the folder.
        date_format: How names write dates; see `datasets.series`.
        reference_date: Day 0 of the season, as the model was fitted with, in the
            scene's own season: `2018-09-01`. By default the scene's first date.
        days: How the model was told days; see `datasets.pastis`.
        resampling: How coarser bands come to the finest grid.
        offset: Taken from each value; `auto`: 1000 from dates since 2022-01-25.
        window: Side of a window, in pixels.
        overlap: Pixels that neighbouring windows share at least.
        batch_size: Windows computed at a time.
        probabilities: Whether to write them as well.
        progress: Called with the windows done and their number.

    Raises:
        FileNotFoundError: If there is no file with a date.
        ValueError: If files do not fit each other, the model or the options.
        OSError: If the map cannot be written.
    """
    if "days" not in model.input:
        raise ValueError(
            f"{folder} is a folder of dates, but the model reads single images. Give "
            "it a raster."
        )
    folder = Path(folder)
    stack = Dated(
        folder,
        artifact.bands(model),
        images=images,
        date_format=date_format,
        reference_date=reference_date,
        days=days,
        resampling=resampling,
        offset=offset,
    )
    rows, columns = _axes(stack.info, window, overlap)
    fill = tuple(_means(model)) * len(stack.days)
    windows = Scene(stack, [], fill, rows, columns)
    classify = _classifier(model, stack.batch)
    return _map(
        model, windows, classify, Path(destination), batch_size, probabilities, progress
    )


def _map(
    model: keras.Model,
    windows: Scene,
    classify: Callable[[np.ndarray], np.ndarray],
    destination: Path,
    batch_size: int,
    probabilities: bool,
    progress: Callable[[int, int], None] | None,
) -> Summary:
    """Map all windows of a scene and write the map."""
    begun = time.perf_counter()
    info, rows, columns = windows.stack.info, windows.rows, windows.columns
    legend = artifact.legend(model)
    beside = destination.with_name(f"{destination.stem}_probabilities.tif")
    with ExitStack() as files:
        chart = files.enter_context(raster.Writer(destination, info, legend=legend))
        shares = probabilities and files.enter_context(_shares(beside, info, legend))
        painter = _Painter(legend, rows, columns, chart, shares or None)
        _run(classify, windows, batch_size, painter, progress)
    return Summary(
        map=destination,
        probabilities=beside if probabilities else None,
        height=info.height,
        width=info.width,
        windows=len(rows.starts) * len(columns.starts),
        pixels=tuple(painter.pixels.tolist()),
        seconds=time.perf_counter() - begun,
    )


def _run(
    classify: Callable[[np.ndarray], np.ndarray],
    windows: Scene,
    batch_size: int,
    painter: "_Painter",
    progress: Callable[[int, int], None] | None,
) -> None:
    """Read, compute and write at the same time, each in a thread of its own."""
    across = len(windows.columns.starts)
    total = len(windows.rows.starts) * across
    with behind() as later, closing(ahead(windows.batches(batch_size))) as batches:
        for images, places in batches:
            later(painter.paint, classify(images), places)
            if progress:
                last = places[-1]
                progress(last.row * across + last.column + 1, total)
        later(painter.finish)
    if progress:
        progress(total, total)


class _Painter:
    """Puts the answers of windows into the map, complete rows first."""

    def __init__(
        self,
        legend: Legend,
        rows: Axis,
        columns: Axis,
        chart: raster.Writer,
        shares: raster.Writer | None,
    ):
        self._mosaic = Mosaic(legend.num_classes, rows, columns, BLOCK)
        self._num_rows = len(rows.starts)
        self._chart, self._shares = chart, shares
        self.pixels = np.zeros(legend.num_classes + 1, np.int64)

    def paint(self, answers: np.ndarray, places: list[Place]) -> None:
        for answer, place in zip(answers, places, strict=False):
            self._write(self._mosaic.complete(place.row))
            self._mosaic.add(answer, place.observed, place.row, place.column)

    def finish(self) -> None:
        self._write(self._mosaic.complete(self._num_rows))

    def _write(self, strips: Iterator[tuple[int, np.ndarray, np.ndarray]]) -> None:
        for row, shares, observed in strips:
            label = most_likely(shares)
            label[~observed] = IGNORE
            window = raster.Window(row, 0, *label.shape)
            self._chart.write(label, window)
            counts = np.bincount(label.reshape(-1), minlength=IGNORE + 1)
            self.pixels[:-1] += counts[: len(self.pixels) - 1]
            self.pixels[-1] += counts[IGNORE]
            if self._shares:
                shares = np.where(observed, shares, np.float32(np.nan))
                self._shares.write(np.moveaxis(shares, 0, -1), window)


def _axes(info: raster.Info, window: int, overlap: int | None) -> tuple[Axis, Axis]:
    overlap = window // 8 if overlap is None else overlap
    if window < 1 or not 0 <= overlap <= window / 2:
        raise ValueError(
            f"predict: overlap {overlap} of window {window}. Windows may share from 0 "
            f"to {window // 2} pixels."
        )
    axes = []
    for length in (info.height, info.width):
        side = min(window, -(-length // _STRIDE) * _STRIDE)
        axes.append(Axis(length, side, min(overlap, side // 2)))
    return axes[0], axes[1]


def _classifier(
    model: keras.Model, batch: Callable[[np.ndarray], dict[str, np.ndarray]]
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from windows to probabilities `(B, K, H, W)`.

    Args:
        model: The model.
        batch: What makes its inputs of windows; it may offer more.
    """
    if model not in _networks:
        logits = artifact.logits(model)
        possible = artifact.legend(model).possible
        shares = keras.ops.softmax(keras.ops.where(possible, logits, -np.inf), axis=-1)
        # Planes rather than pixels: what is added up later lies together in memory.
        shares = keras.ops.transpose(shares, (0, 3, 1, 2))
        _networks[model] = keras.Model(model.input, shares)
        _networks[model].compile(**backend.compile_options())
    network = _networks[model]

    def classify(images: np.ndarray) -> np.ndarray:
        inputs = batch(images)
        return network.predict_on_batch({name: inputs[name] for name in network.input})

    return classify


def _means(model: keras.Model) -> tuple[float, ...]:
    """What stands where there is no data: it is 0 once normalised."""
    return next(layer.mean for layer in model.layers if isinstance(layer, Bands))


def _shares(path: Path, info: raster.Info, legend: Legend) -> raster.Writer:
    return raster.Writer(
        path, info, bands=legend.names, dtype="float32", nodata=float("nan")
    )


def _refuse_series(model: keras.Model) -> None:
    if "days" in model.input:
        raise ValueError(
            "the model reads series. Give it a folder of dated GeoTIFFs, whose names "
            "tell their dates."
        )


def _refuse_own_place(
    source: str | Path | Sequence[str | Path], destination: Path
) -> None:
    sources = [source] if isinstance(source, str | Path) else source
    if any(Path(each).resolve() == destination.resolve() for each in sources):
        raise ValueError(
            f"{destination}: is the scene itself. Give the map a name of its own."
        )
