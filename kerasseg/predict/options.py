"""What is written of a scene, and what is told of it in the end."""

import math
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

Encoding = Literal["float32", "float16", "uint8"]
_VECTOR = ("pyarrow", "pyogrio", "shapely")

VectorFormat = Literal["gpkg", "parquet"]


@dataclass(frozen=True)
class Outputs:
    """What is written beside a map, under its name with another ending.

    Args:
        probabilities: `<map>_probabilities.tif`, one band per class: as numbers from
            0 to 1, NaN where there is no data, or as uint8, where 254 is 1 (the scale
            stands in the file) and 255 no data.
        confidence: `<map>_confidence.tif`: the probability of the class, and by how
            much the next is smaller; uint8 as above.
        quicklook: `<map>.png`: the map at a small scale, with legend, scale bar and
            the share of each class.
        polygons: `<map>.gpkg` (GeoPackage) or `<map>.parquet` (GeoParquet): areas of
            one class. Needs the extra `vector`.
        simplify: By about how many pixels outlines of polygons may differ from the
            map. Neighbours keep their common outline. 0 leaves the steps of pixels.
        min_area: Polygons smaller than this are left out, in square units of the
            reference system, as a rule square metres.

    Raises:
        ValueError: If a number is negative or infinite, or the extra `vector` is not
            installed.
    """

    probabilities: Encoding | None = None
    confidence: bool = False
    quicklook: bool = False
    polygons: VectorFormat | None = None
    simplify: float = 1.0
    min_area: float = 0.0

    def __post_init__(self):
        for name in ("simplify", "min_area"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(
                    f"{name} {getattr(self, name)}. Give a finite number from 0 on."
                )

        missing = [name for name in _VECTOR if self.polygons and not find_spec(name)]
        if missing:
            raise ValueError(
                f"polygons need {' and '.join(missing)}, which is not installed. Run "
                '`pip install "kerasseg[vector]"`.'
            )

    def paths(self, destination: Path) -> dict[str, Path]:
        """Name the files that will be, beside the map itself."""
        named = {
            "probabilities": f"{destination.stem}_probabilities.tif",
            "confidence": f"{destination.stem}_confidence.tif",
            "polygons": f"{destination.stem}.{self.polygons}",
            "quicklook": f"{destination.stem}.png",
        }
        return {
            name: destination.with_name(file)
            for name, file in named.items()
            if getattr(self, name)
        }


@dataclass(frozen=True)
class Summary:
    """What was mapped.

    Args:
        map: The GeoTIFF of class indices.
        height: Rows of the scene.
        width: Columns of the scene.
        windows: Windows the scene was cut into.
        resumed: How many of them an interrupted run had done before.
        pixels: How many pixels each class got, and, last, how many hold no data.
        seconds: How long it took.
        beside: The other files, by the names that `Outputs` has for them.
    """

    map: Path
    height: int
    width: int
    windows: int
    resumed: int
    pixels: tuple[int, ...]
    seconds: float
    beside: dict[str, Path] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.map}: {self.height} x {self.width} pixels, {self.windows} windows "
            f"in {self.seconds:.1f} s"
        )
