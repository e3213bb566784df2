"""LandCover.ai: orthophotos of Poland with buildings, woodland, water and roads.

41 RGB orthophotos (33 of about 9000 x 9500 pixels at 0.25 m, 8 of about 4200 x 4700 at
0.5 m, 216 km2, EPSG:2180) with label rasters: background, building, woodland, water,
road. The official split is by tiles of 512 pixels, 10,674 in all.

Source:
    Boguszewski et al., LandCover.ai: Dataset for Automatic Mapping of Buildings,
    Woodlands, Water and Roads from Aerial Imagery, CVPR EarthVision 2021,
    https://landcover.ai.linuxpolska.com (CC BY-NC-SA 4.0).
"""

from pathlib import Path
from typing import Literal

import numpy as np

from kerasseg import raster
from kerasseg.datasets import patches
from kerasseg.datasets.landcoverai import world
from kerasseg.datasets.landcoverai.tiles import BANDS, LEGEND, TILE, Tiles, tile_name
from kerasseg.sample import Dataset

__all__ = ["load", "write_fake"]


def load(
    split: Literal["train", "val", "test"],
    root: str | Path = "data/landcoverai",
    *,
    size: int | None = None,
) -> Dataset:
    """Load one split, from any of three forms the data may have.

    - Patches made by `kerasseg prepare patches` (`index.csv` and so on): the fastest.
    - The official download: `images/` and `masks/` of GeoTIFF, `train.txt`, `val.txt`,
      `test.txt`. Tiles are read as windows of the GeoTIFF.
    - `output/` of the official `split.py`, with the lists, where the GeoTIFF are gone.
      Its images are JPEG: close to, but not the same as the other two.

    Args:
        split: Which.
        root: The folder.
        size: Pixels along a sample's side, a divisor of 512: each tile is cut into
            parts of that size. By default tiles, or patches, as they are.

    Raises:
        FileNotFoundError: If there is nothing to load.
        ValueError: If files do not fit each other, or `size` does not fit them.
    """
    root = Path(root)
    if not (root / patches.INDEX).is_file():
        return Tiles(root, split, TILE if size is None else size)
    prepared = patches.load(split, root)
    if size not in (None, prepared.size):
        raise ValueError(
            f"{root} holds patches of {prepared.size} pixels, not {size}. Leave `size` "
            "out, or prepare them again."
        )
    return prepared


def write_fake(
    root: str | Path, *, seed: int = 0, scenes: int = 15, size: int = 1060
) -> None:
    """Write a painted landscape in the official layout, split by scene.

    Two thirds of the scenes are for training. By default that is 40 tiles, or 160 of
    256 pixels; 8 tiles are for validation, 12 for testing.

    Args:
        root: The folder to make.
        seed: Another seed, another country.
        scenes: How many; at least three.
        size: Rows of a scene; it has 40 columns more. Not a multiple of 512, as the
            real ones are not.

    Raises:
        ValueError: If there are too few scenes for three splits.
    """
    if scenes < 3:
        raise ValueError(f"{scenes} scenes. Three splits need at least 3.")
    root = Path(root)
    num_val, num_test = max(1, round(scenes * 0.15)), max(1, round(scenes * 0.2))
    lists: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for number in range(scenes):
        name = f"P-{seed}-{number + 1:02d}"
        rng = np.random.default_rng((seed, number))
        image, label = world.paint(rng, size, size + 40)
        grid = _grid(number, *label.shape)
        with raster.Writer(root / "images" / f"{name}.tif", grid, bands=BANDS) as file:
            file.write(image)
        with raster.Writer(root / "masks" / f"{name}.tif", grid, legend=LEGEND) as file:
            file.write(label)
        split = "test" if number < num_test else "train"
        split = "val" if num_test <= number < num_test + num_val else split
        lists[split] += _whole_tiles(name, *label.shape)
    for split, names in lists.items():
        (root / f"{split}.txt").write_text("\n".join(names) + "\n")


def _whole_tiles(scene: str, height: int, width: int) -> list[str]:
    places = raster.windows(height, width, TILE, edge="crop")
    return [tile_name(scene, place, width) for place in places]


def _grid(number: int, height: int, width: int) -> raster.Info:
    """Lay scenes out from west to east, 1 km apart, in the middle of Poland."""
    west, north = 500_000 + 1000 * number, 500_000
    return raster.grid(height, width, "EPSG:2180", west, north, pixel=0.25)
