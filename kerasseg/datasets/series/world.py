"""A small made-up scene in the layout `load` reads."""

from pathlib import Path

import numpy as np

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.datasets import phenology
from kerasseg.files import write_whole

FINE = ("B02", "B03", "B04", "B08")
COARSE = ("B05", "B06", "B07", "B8A", "B11", "B12")
CLOUD, PLANT, SOIL = 9, 4, 5
"""Values of Sentinel-2's scene classification."""

LEGEND = legends.from_dict(
    {
        "classes": [
            {"name": "Other land", "color": "#8C6A3F", "code": 0},
            {"name": "Winter wheat", "color": "#F4ECB1", "code": 1},
            {"name": "Rapeseed", "color": "#DEC928", "code": 2},
            {"name": "Maize", "color": "#F0A274", "code": 3},
        ],
        "ignored": [{"name": "Unknown", "color": "#000000", "code": 9}],
    }
)
_GROWN = {1: "winter wheat", 2: "rapeseed", 3: "corn"}
_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")


def write_fake(root: str | Path, *, seed: int = 0, size: int = 192) -> None:
    """Write a season of one scene: bands of 10 and 20 m, cloud masks, labels.

    Of its nine patches of 64 pixels six are for training, two for validation, one for
    testing. Crops differ in their season only; see `phenology`.

    Args:
        root: The folder to make.
        seed: Another seed, another countryside.
        size: Pixels along the scene's side, an even number.

    Raises:
        ValueError: If the size is odd, or small.
    """
    if size < 32 or size % 2:
        raise ValueError(f"size {size}. Give an even number, of at least 32.")
    root, rng = Path(root), np.random.default_rng(seed)
    seen = phenology.paint(rng, size, _GROWN, void=9, dates=4)
    fine = raster.grid(size, size, "EPSG:32633", 500_000, 5_500_000, 10)
    coarse = raster.grid(size // 2, size // 2, "EPSG:32633", 500_000, 5_500_000, 20)
    for date, planes in zip(seen.dates, seen.image.astype(np.uint16), strict=True):
        image = dict(zip(_BANDS, planes, strict=True))
        name = str(date).replace("-", "")
        for place, bands, grid in (
            (f"images/S2_{name}_10m.tif", {b: image[b] for b in FINE}, fine),
            (f"images/S2_{name}_20m.tif", {b: _half(image[b]) for b in COARSE}, coarse),
            (f"clouds/SCL_{name}_20m.tif", {"SCL": _classified(image)}, coarse),
        ):
            pixels = np.stack([*bands.values()], axis=-1)
            with raster.Writer(
                root / place, grid, bands=[*bands], dtype=str(pixels.dtype), nodata=0
            ) as file:
                file.write(pixels)
    with raster.Writer(root / "labels.tif", fine, bands=["label"]) as file:
        file.write(seen.label)
    write_whole(root / "legend.json", legends.dumps(LEGEND))


def _half(pixels: np.ndarray) -> np.ndarray:
    """Return means of 2 x 2 pixels, in the type given."""
    size = len(pixels) // 2
    return pixels.reshape(size, 2, size, 2).mean(axis=(1, 3)).astype(pixels.dtype)


def _classified(image: dict[str, np.ndarray]) -> np.ndarray:
    blue, red, infrared = (_half(image[name]) for name in ("B02", "B04", "B08"))
    ground = np.where(infrared > 2.5 * red, PLANT, SOIL)
    return np.where(blue > 2500, CLOUD, ground).astype(np.uint8)
