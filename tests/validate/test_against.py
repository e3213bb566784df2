"""A map is counted against rasters and points, whatever their grid."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio

from kerasseg import raster, validate
from kerasseg.legend import IGNORE, LegendError
from kerasseg.scores import confusion_matrix
from kerasseg.validate import counting

pytestmark = pytest.mark.once


def test_a_map_is_counted_as_numpy_counts_it(place):
    found = validate.against(place.map, place.labels, legend=place.legend)
    expected = confusion_matrix(place.truth, place.found, 2)
    assert np.array_equal(found.matrix, expected)
    assert found.mapped.tolist() == np.bincount(place.found.ravel()).tolist()
    assert np.isclose(
        found.estimates.overall.value, np.mean(place.truth == place.found)
    )
    assert found.basis.startswith("Labels cover the map")
    assert found.hectares == 0.01


@pytest.mark.parametrize("block", [7, 32, 500])
def test_counts_and_overviews_do_not_depend_on_blocks_and_windows(
    place, block, monkeypatch
):
    monkeypatch.setattr(counting, "_WINDOW", 13)
    monkeypatch.setattr(counting, "_OVERVIEW", 30)
    known = raster.read_legend(place.map)
    place.write_labels(place.truth)
    found = counting.count(place.map, place.labels, known, block)
    expected = confusion_matrix(place.truth, place.found, 2)
    assert np.array_equal(found.blocks.sum(axis=0), expected)
    assert len(found.blocks) == -(-120 // block) * -(-90 // block)
    assert np.array_equal(found.truth, place.truth[::4, ::4])
    assert np.array_equal(found.prediction, place.found[::4, ::4])


def test_a_map_that_names_its_classes_needs_no_legend(place):
    place.write_labels(place.truth)
    found = validate.against(place.map, place.labels)
    assert found.legend.names == ("field", "house")
    assert found.matrix.sum() == 120 * 90
    assert "taken for indices, 0 for field to 1 for house" in found.basis


def test_codes_without_a_legend_are_told_from_indices(place):
    with pytest.raises(LegendError, match="0 for field to 1 for house"):
        validate.against(place.map, place.labels)
    with_legend = validate.against(place.map, place.labels, legend=place.legend)
    assert "indices" not in with_legend.basis


def test_any_other_map_is_coded_as_the_legend_says(place):
    place.map = place.folder / "other.tif"
    with raster.Writer(place.map, place.grid, bands=["class"]) as file:
        file.write((10 + 10 * place.found).astype("uint8"))
    found = validate.against(place.map, place.labels, legend=place.legend)
    assert np.array_equal(found.matrix, confusion_matrix(place.truth, place.found, 2))


def test_labels_of_a_part_are_weighted_by_the_whole_map(place):
    truth = 10 + 10 * place.truth
    truth[60:] = 0
    place.write_labels(truth)
    found = validate.against(place.map, place.labels, legend=place.legend, block=10)
    cells = confusion_matrix(place.truth[:60], place.found[:60], 2)
    cells = cells / cells.sum(axis=0)
    weights = np.bincount(place.found.ravel()) / place.found.size
    assert np.allclose(found.estimates.shares.value, cells @ weights)
    assert "Labels cover 50.0% of the map" in found.basis
    assert np.isfinite(found.estimates.shares.low).all()


def test_labels_of_twice_the_detail_are_read_at_the_nearest_pixel(place):
    fine = replace(
        place.grid,
        height=240,
        width=180,
        transform=place.grid.transform @ rasterio.Affine.scale(0.5),
    )
    place.write_labels(np.kron(10 + 10 * place.truth, np.ones((2, 2))), fine)
    found = validate.against(place.map, place.labels, legend=place.legend)
    assert np.array_equal(found.matrix, confusion_matrix(place.truth, place.found, 2))
    assert found.details["Grid of the labels"].startswith("another one")


def test_what_labels_of_another_grid_do_not_reach_is_not_counted(place):
    part = replace(
        place.grid,
        height=60,
        width=40,
        transform=place.grid.transform @ rasterio.Affine.translation(50, 30),
    )
    place.write_labels(10 + 10 * place.truth[30:90, 50:90], part)
    found = validate.against(place.map, place.labels, legend=place.legend)
    expected = confusion_matrix(place.truth[30:90, 50:], place.found[30:90, 50:], 2)
    assert np.array_equal(found.matrix, expected)


def test_pixels_without_a_class_are_not_counted(place):
    found, truth = place.found.copy(), 10 + 10 * place.truth
    found[:5], truth[-7:] = IGNORE, 0
    place.write_map(found)
    place.write_labels(truth)
    seen = validate.against(place.map, place.labels, legend=place.legend)
    assert seen.matrix.sum() == (120 - 12) * 90
    assert seen.mapped.sum() == (120 - 5) * 90


def test_points_are_looked_up_where_they_lie(place):
    rng = np.random.default_rng(1)
    rows, columns = rng.integers(0, 120, 300), rng.integers(0, 90, 300)
    names = np.array(["field", "house"])[place.truth[rows, columns]]
    points = place.write_points(rows, columns, names)
    found = validate.against(place.map, points, legend=place.legend)
    expected = confusion_matrix(
        place.truth[rows, columns], place.found[rows, columns], 2
    )
    assert np.array_equal(found.matrix, expected)
    assert found.mapped.sum() == 120 * 90
    assert "Olofsson" in found.basis


def test_points_may_name_codes_and_lie_outside(place):
    points = place.write_points([0, 1, -3, 500], [0, 1, 2, 3], [10, "20", 20, 20])
    found = validate.against(place.map, points, legend=place.legend)
    assert found.matrix.sum() == 2
    assert found.details["Points left out"] == "2"


def test_geojson_is_read_in_longitude_and_latitude(place):
    corner = rasterio.warp.transform("EPSG:32631", "EPSG:4326", [574_685], [5_622_435])
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [corner[0][0], corner[1][0]]},
        "properties": {"class": "field"},
    }
    points = place.folder / "points.geojson"
    points.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    found = validate.against(place.map, points, legend=place.legend)
    assert found.matrix[0, place.found[0, 0]] == 1


def test_a_mapped_class_without_any_label_is_told_and_left_out(place):
    found = place.found.copy()
    found[:30] = 1
    truth = 10 + 10 * place.truth
    truth[place.found == 1] = 0
    truth[:30] = 0
    place.write_map(found)
    place.write_labels(truth)
    seen = validate.against(place.map, place.labels, legend=place.legend)
    share = np.mean(found == 1)
    assert f"No label where the map says house: {share:.2%} of it" in seen.basis
    assert np.isnan(seen.estimates.users.value[1])


def test_degrees_have_no_hectares(place):
    grid = raster.grid(120, 90, "EPSG:4326", 4, 51, 0.0001)
    place.write_map(place.found, grid)
    place.write_labels(10 + 10 * place.truth, grid)
    found = validate.against(place.map, place.labels, legend=place.legend)
    assert found.hectares is None
    assert found.to_dict()["classes"]["field"]["hectares"] is None


def test_a_map_of_one_pixel_is_validated_without_intervals(place, tmp_path):
    grid = replace(place.grid, height=1, width=1)
    place.write_map(np.zeros((1, 1)), grid)
    place.write_labels(np.full((1, 1), 10), grid)
    found = validate.against(place.map, place.labels, legend=place.legend)
    assert found.estimates.overall.value == 1
    assert "No intervals: they need 10 labelled blocks, here are 1." in found.basis
    assert "overall accuracy 100.0 %" in found.table()
    assert validate.write(found, tmp_path / "out", title="a pixel").is_file()


def test_a_rotated_map_is_counted_where_it_meets_the_labels(place):
    turned = place.grid.transform @ rasterio.Affine.rotation(20)
    place.write_map(np.zeros((120, 90)), replace(place.grid, transform=turned))
    place.write_labels(np.full((120, 90), 10))
    found = validate.against(place.map, place.labels, legend=place.legend)
    assert found.estimates.overall.value == 1
    assert 0 < found.matrix.sum() < 120 * 90
