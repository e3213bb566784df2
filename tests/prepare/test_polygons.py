import numpy as np
import pytest
import rasterio

from kerasseg import legend as legends
from kerasseg import raster
from kerasseg.legend import LegendError
from kerasseg.prepare import align, polygons

shapely = pytest.importorskip("shapely")
pyogrio = pytest.importorskip("pyogrio")
pytestmark = pytest.mark.once

CORNER = np.array([5e5, 4e6 - 100])
FORMATS = ["gpkg", "shp", "parquet"]
LEGEND = legends.from_dict(
    {
        "classes": [
            {"name": "field", "color": "#DCD6B4", "code": 3},
            {"name": "wood", "color": "#2A7B3B", "code": 5},
        ],
        "ignored": [{"name": "unknown", "color": "#9B9B9B", "code": 255}],
    }
)
SHAPES = [
    (shapely.box(0, 60, 50, 100), "field"),
    (shapely.box(50, 0, 100, 30), "wood"),
    (shapely.box(40, 60, 60, 80), "wood"),  # on top of the field
]


def save(path, shapes=SHAPES, crs="EPSG:32612", values=None):
    """Write polygons, east and north of the image's lower left corner."""
    moved = [shapely.transform(shape, lambda xy: xy + CORNER) for shape, _ in shapes]
    values = np.array(values or [value for _, value in shapes])
    values = values if values.dtype.kind == "i" else values.astype(object)
    if path.suffix == ".parquet":
        return geoparquet(path, moved, values, crs)
    pyogrio.raw.write(
        path,
        np.array(shapely.to_wkb(moved), object),
        [values],
        ["kind"],
        geometry_type="Polygon",
        crs=crs,
    )
    return path


def geoparquet(path, shapes, values, crs):
    import json

    import pyarrow
    import pyarrow.parquet

    system = rasterio.crs.CRS.from_string(crs).to_dict(projjson=True)
    column = {"encoding": "WKB", "crs": system, "geometry_types": ["Polygon"]}
    geo = {"version": "1.1.0", "primary_column": "geometry"}
    geo["columns"] = {"geometry": column}
    table = pyarrow.table({"kind": values.tolist(), "geometry": shapely.to_wkb(shapes)})
    table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    pyarrow.parquet.write_table(table, path)
    return path


@pytest.fixture
def image(tmp_path):
    grid = raster.grid(10, 10, "EPSG:32612", 5e5, 4e6, 10.0)
    raster.write(tmp_path / "i.tif", np.zeros((10, 10), np.uint8), grid)
    return tmp_path / "i.tif"


def expected():
    drawn = np.full((10, 10), 255)
    drawn[:4, :5] = 3
    drawn[7:, 5:] = 5
    drawn[2:4, 4:6] = 5
    return drawn


@pytest.mark.parametrize("method", ["nearest", "majority"])
@pytest.mark.parametrize("form", FORMATS)
def test_polygons_are_drawn_the_last_on_top(image, tmp_path, form, method):
    path, out = save(tmp_path / f"p.{form}"), tmp_path / "out.tif"
    options = {"legend": LEGEND, "attribute": "kind", "method": method}
    align.label(path, image, out, **options)
    np.testing.assert_array_equal(raster.read_label(out), expected())


def test_a_pixel_takes_what_most_of_it_is_and_tells_the_share(image, tmp_path):
    shapes = [
        (shapely.box(0, 0, 46, 100), "field"),
        (shapely.box(46, 0, 100, 100), "wood"),
    ]
    path, out = save(tmp_path / "p.gpkg", shapes), tmp_path / "out.tif"
    options = {"legend": LEGEND, "attribute": "kind", "share": True, "refine": 10}
    align.label(path, image, out, method="majority", **options)
    found = raster.read(out)
    assert found[0, :, 0].tolist() == [3] * 4 + [3] + [5] * 5
    assert found[0, :, 1].tolist() == [100] * 4 + [60] + [100] * 5


@pytest.mark.parametrize("form", FORMATS)
def test_polygons_of_another_system_come_onto_the_image(image, tmp_path, form):
    from rasterio.warp import transform

    def to_degrees(points):
        points = points + CORNER
        moved = transform("EPSG:32612", "EPSG:4326", *points.T)
        return np.column_stack(moved) - CORNER

    shapes = [(shapely.transform(shape, to_degrees), kind) for shape, kind in SHAPES]
    path = save(tmp_path / f"p.{form}", shapes, crs="EPSG:4326")
    align.label(path, image, tmp_path / "out.tif", legend=LEGEND, attribute="kind")
    np.testing.assert_array_equal(raster.read_label(tmp_path / "out.tif"), expected())


def test_numbers_need_no_legend_and_ground_can_have_one(image, tmp_path):
    path = save(tmp_path / "p.gpkg", values=[7, 9, 9])
    align.label(path, image, tmp_path / "out.tif", attribute="kind", background=0)
    found = raster.read_label(tmp_path / "out.tif")
    np.testing.assert_array_equal(found == 7, expected() == 3)
    np.testing.assert_array_equal(found == 0, expected() == 255)
    align.label(path, image, tmp_path / "out.tif", background=0)
    found = raster.read_label(tmp_path / "out.tif")
    np.testing.assert_array_equal(found, expected() != 255)


def test_a_table_without_shapes_is_no_layer_to_choose(image, tmp_path):
    path, out = tmp_path / "p.gpkg", tmp_path / "out.tif"
    styles = [np.array(["red"], object)]
    about = {"layer": "layer_styles", "geometry_type": None, "crs": None}
    pyogrio.raw.write(path, None, styles, ["style"], driver="GPKG", **about)
    save(path)
    align.label(path, image, out, legend=LEGEND, attribute="kind")
    np.testing.assert_array_equal(raster.read_label(out), expected())


def test_numbers_stay_numbers_where_one_far_away_is_missing(image, tmp_path):
    far = shapely.box(5e5, 3e6, 5e5 + 100, 3e6 + 100)
    near = shapely.box(5e5, 4e6 - 100, 5e5 + 100, 4e6)
    pyogrio.raw.write(
        tmp_path / "p.gpkg",
        np.array(shapely.to_wkb([near, far]), object),
        [np.array([7, 3])],
        ["kind"],
        field_mask=[np.array([False, True])],
        geometry_type="Polygon",
        crs="EPSG:32612",
    )
    options = {"attribute": "kind", "unknown": "ignore"}
    align.label(tmp_path / "p.gpkg", image, tmp_path / "out.tif", **options)
    assert (raster.read_label(tmp_path / "out.tif") == 7).all()


def test_a_value_that_the_legend_does_not_know_is_told_or_ignored(image, tmp_path):
    path = save(tmp_path / "p.gpkg", values=["field", "moor", "wood"])
    options = {"legend": LEGEND, "attribute": "kind"}
    with pytest.raises(LegendError, match=r"p.gpkg: kind 'moor' is not in the legend"):
        align.label(path, image, tmp_path / "out.tif", **options)
    summary = align.label(
        path, image, tmp_path / "out.tif", unknown="ignore", **options
    )
    assert summary["unknown"] == {"moor": 1}
    assert (raster.read_label(tmp_path / "out.tif")[7:] == 255).all()


def test_what_lies_beside_a_shapefile_is_part_of_it(tmp_path):
    path = tmp_path / "fields.shp"
    save(path)
    names = {part.name for part in polygons.parts_of(path)}
    assert names == {
        f"fields.{suffix}" for suffix in ("shp", "dbf", "shx", "prj", "cpg")
    }
    assert polygons.parts_of(tmp_path / "fields.gpkg") == [tmp_path / "fields.gpkg"]


def test_a_job_does_not_go_on_with_other_attributes(image, tmp_path, monkeypatch):
    path, out = tmp_path / "fields.shp", tmp_path / "out.tif"
    save(path)
    options = {"attribute": "kind", "legend": LEGEND, "workers": 1}
    with monkeypatch.context() as killed:
        killed.setattr(align, "_assemble", None)
        with pytest.raises(TypeError):
            align.label(path, image, out, **options)
    before = align.label(path, image, tmp_path / "before.tif", **options)["classes"]
    table = path.with_suffix(".dbf")
    held = table.read_bytes().replace(b"wood ", b"-----").replace(b"field", b"wood ")
    table.write_bytes(held.replace(b"-----", b"field"))
    swapped = {"field": before["wood"], "wood": before["field"]}
    assert align.label(path, image, out, **options)["classes"] == swapped != before


def test_what_reads_polygons_is_asked_for_by_name(image, tmp_path, monkeypatch):
    monkeypatch.setattr(polygons.layer, "find_spec", lambda name: None)
    path = save(tmp_path / "p.gpkg")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "kerasseg\[vector\]"'):
        align.label(path, image, tmp_path / "out.tif")
