"""Polygons are the areas of the map, however many tiles they reach over."""

import gc
import json

import numpy as np
import pytest
import rasterio
from rasterio import features

from kerasseg import legend, predict, raster

shapely = pytest.importorskip("shapely")
pyogrio = pytest.importorskip("pyogrio")
parquet = pytest.importorskip("pyarrow.parquet")

from kerasseg.predict import polygons  # noqa: E402

pytestmark = pytest.mark.once

LEGEND = legend.from_dict(
    {"classes": [{"name": f"class {i}", "color": [60 * i] * 3} for i in range(4)]}
)
GRID = raster.grid(90, 110, "EPSG:32633", 500_000, 5_000_000, 10)


@pytest.fixture
def chart(tmp_path):
    """A map of large and small areas with holes, some of it without data."""
    rng = np.random.default_rng(0)
    label = np.kron(rng.integers(0, 4, (9, 11)), np.ones((10, 10))).astype(np.uint8)
    label[rng.random(label.shape) < 0.05] = 2
    label[40:60, 30:80] = legend.IGNORE
    path = tmp_path / "map.tif"
    with raster.Writer(path, GRID, legend=LEGEND) as file:
        file.write(label)
    return path, label


def _written(chart, kind="gpkg", **options):
    path = chart.with_suffix(f".{kind}")
    outputs = predict.Outputs(polygons=kind, **options)
    polygons.write(chart, path, LEGEND, outputs)
    if kind == "gpkg":
        _, _, wkb, columns = pyogrio.raw.read(path)
        found = dict(zip(("class", "name", "area"), columns, strict=True))
        return shapely.from_wkb(wkb), found
    table = parquet.read_table(path)
    return shapely.from_wkb(table["geometry"].to_numpy()), table.to_pydict()


def _expected(label):
    """Trace the map in one piece."""
    shapes = features.shapes(label, label != legend.IGNORE, transform=GRID.transform)
    return {shapely.normalize(shapely.geometry.shape(s)).wkt: v for s, v in shapes}


@pytest.mark.parametrize("tile", [16, 37, 2048])
@pytest.mark.parametrize("kind", ["gpkg", "parquet"])
def test_areas_are_put_together_over_the_sides_of_tiles(chart, monkeypatch, tile, kind):
    monkeypatch.setattr(polygons, "TILE", tile)
    shapes, columns = _written(chart[0], kind, simplify=0)
    # What is left of the sides of tiles are corners on straight lines.
    shapes = [shapely.normalize(shapely.simplify(shape, 0)) for shape in shapes]
    found = {s.wkt: v for s, v in zip(shapes, columns["class"], strict=True)}
    expected = {
        shapely.normalize(shapely.simplify(shapely.from_wkt(s), 0)).wkt: v
        for s, v in _expected(chart[1]).items()
    }
    assert found == expected
    np.testing.assert_allclose(columns["area"], shapely.area(shapes))
    assert [*columns["name"]] == [f"class {v}" for v in columns["class"]]


def test_simplified_neighbours_leave_no_gap_and_do_not_overlap(chart, monkeypatch):
    monkeypatch.setattr(polygons, "TILE", 40)
    shapes, columns = _written(chart[0], simplify=2)
    plain, _ = _written(chart[0], simplify=0)
    corners = shapely.get_num_coordinates
    assert corners(shapes).sum() < corners(plain).sum()
    covered = shapely.union_all(shapes).area
    assert shapely.area(shapes).sum() == pytest.approx(covered, rel=1e-9)
    np.testing.assert_allclose(covered, shapely.area(plain).sum(), rtol=0.01)
    np.testing.assert_allclose(sum(columns["area"]), shapely.area(plain).sum())


def test_small_areas_are_left_out_though_a_tile_cuts_large_ones(chart, monkeypatch):
    monkeypatch.setattr(polygons, "TILE", 16)
    shapes, columns = _written(chart[0], simplify=0, min_area=3000)
    sizes = [shapely.from_wkt(s).area for s in _expected(chart[1])]
    large = sorted(size for size in sizes if size >= 3000)
    np.testing.assert_allclose(sorted(columns["area"]), large)
    assert 0 < len(shapes) < len(sizes)


def test_areas_with_very_many_corners_come_in_parts(chart, monkeypatch):
    whole, _ = _written(chart[0], simplify=0)
    monkeypatch.setattr(polygons, "TILE", 16)
    monkeypatch.setattr(polygons, "_MOST_CORNERS", 40)
    shapes, columns = _written(chart[0], simplify=0)
    assert len(shapes) > len(whole)
    np.testing.assert_allclose(columns["area"], shapely.area(shapes))
    assert shapely.area(shapes).sum() == pytest.approx(shapely.area(whole).sum())
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(whole).sum())


@pytest.mark.parametrize("min_area", [0, 3000])
def test_what_waits_beyond_a_limit_is_written_in_parts(chart, monkeypatch, min_area):
    whole, _ = _written(chart[0], simplify=0, min_area=min_area)
    monkeypatch.setattr(polygons, "TILE", 16)
    monkeypatch.setattr(polygons, "_MOST_WAITING", 200)
    most = _most_waiting(chart[0], min_area, monkeypatch)
    shapes, columns = _written(chart[0], simplify=0, min_area=min_area)
    assert most <= 200
    assert len(shapes) > len(whole)
    np.testing.assert_allclose(columns["area"], shapely.area(shapes))
    assert shapely.union_all(shapes).equals(shapely.union_all(whole))
    assert shapely.area(shapes).sum() == pytest.approx(shapely.area(whole).sum())


def _most_waiting(path, min_area, monkeypatch):
    """Tell the most corners that waited between two tiles."""
    found = [0]
    complete = polygons._Tracer._complete

    def watched(self, areas):
        yield from complete(self, areas)
        found.append(sum(area.corners for area in self._waiting))

    with monkeypatch.context() as patch, raster.open_stack(path) as stack:
        patch.setattr(polygons._Tracer, "_complete", watched)
        list(polygons._Tracer(stack, 0.0, min_area / 100).areas())
    return max(found)


def test_only_areas_at_the_sides_of_a_tile_are_held(tmp_path, monkeypatch):
    monkeypatch.setattr(polygons, "TILE", 64)
    monkeypatch.setattr(polygons, "_CHUNK", 50)
    noise = np.random.default_rng(0).integers(0, 4, (64, 320)).astype(np.uint8)
    raster.write(tmp_path / "map.tif", noise)
    made = []
    monkeypatch.setattr(polygons, "_area", _counted(polygons._area, made))
    shapes, _ = _written((tmp_path / "map.tif"), simplify=0)
    assert shapely.area(shapes).sum() == noise.size
    assert len(made) < len(shapes) / 5


def _counted(function, calls):
    def counted(*arguments):
        calls.append(arguments)
        return function(*arguments)

    return counted


def test_areas_that_are_done_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(polygons, "TILE", 32)
    noise = np.random.default_rng(0).integers(0, 4, (32, 320)).astype(np.uint8)
    raster.write(tmp_path / "map.tif", noise)
    with raster.open_stack(tmp_path / "map.tif") as stack:
        tracer = polygons._Tracer(stack, 0.0, 0)
        number = sum(1 for _ in tracer.areas())
        tracer = tracer.areas()
        for _ in range(number - 1):
            next(tracer)
        held = sum(isinstance(each, polygons._Area) for each in gc.get_objects())
    assert held < number / 2


def test_files_know_their_reference_system(chart):
    _written(chart[0]), _written(chart[0], "parquet")
    assert pyogrio.read_info(chart[0].with_suffix(".gpkg"))["crs"] == "EPSG:32633"
    about = parquet.read_schema(chart[0].with_suffix(".parquet")).metadata[b"geo"]
    column = json.loads(about)["columns"]["geometry"]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 32633}
    assert column["geometry_types"] == ["Polygon"]


@pytest.mark.parametrize("kind", ["gpkg", "parquet"])
def test_a_map_without_data_has_no_polygons(tmp_path, kind):
    path = tmp_path / "map.tif"
    plain = raster.Info(
        path, 20, 30, "uint8", ("class",), None, rasterio.Affine.identity()
    )
    with raster.Writer(path, plain, legend=LEGEND) as file:
        file.write(np.full((20, 30), legend.IGNORE, np.uint8))
    shapes, _ = _written(path, kind)
    assert len(shapes) == 0


def test_what_is_not_installed_is_told_with_its_cure(monkeypatch):
    monkeypatch.setattr("kerasseg.predict.options.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'pip install "kerasseg\[vector\]"') as told:
        predict.Outputs(polygons="gpkg")
    assert "pyarrow and pyogrio and shapely" in str(told.value)
