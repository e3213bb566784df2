"""A map and labels of two classes on one grid, to be written as a test needs them."""

import numpy as np
import pytest

from kerasseg import legend, raster

LEGEND = """\
classes:
  - {name: field, color: "#00FF00", code: 10}
  - {name: house, color: "#FF0000", code: 20}
ignored:
  - {name: nothing, color: "#000000", code: 0}
"""


class Place:
    """Rasters of one place in Flanders; pixels of 10 m."""

    grid = raster.grid(120, 90, "EPSG:32631", 574_680, 5_622_440, 10)

    def __init__(self, folder):
        self.folder, self.map = folder, folder / "map.tif"
        self.labels, self.legend = folder / "labels.tif", folder / "legend.yaml"
        self.legend.write_text(LEGEND)
        rng = np.random.default_rng(0)
        self.truth = rng.integers(0, 2, (120, 90))
        self.found = np.where(rng.random((120, 90)) < 0.1, 1 - self.truth, self.truth)
        self.write_map(self.found)
        self.write_labels(10 + 10 * self.truth)

    def write_map(self, indices, like=grid):
        known = legend.read(self.legend)
        with raster.Writer(self.map, like, legend=known) as file:
            file.write(indices.astype("uint8"))

    def write_labels(self, values, like=grid, **options):
        with raster.Writer(self.labels, like, bands=["label"], **options) as file:
            file.write(values.astype("uint8"))

    def write_points(self, rows, columns, classes):
        """Write the centres of pixels as a table."""
        lines = ["x,y,class"]
        for row, column, name in zip(rows, columns, classes, strict=True):
            x, y = 574_685 + 10 * int(column), 5_622_435 - 10 * int(row)
            lines.append(f"{x},{y},{name}")
        path = self.folder / "points.csv"
        path.write_text("\n".join(lines) + "\n")
        return path


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)
