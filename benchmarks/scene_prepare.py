"""What the preparation of a large scene costs: seconds, and memory that stays flat.

    python benchmarks/scene_prepare.py --sides 3000 10000 30000

The image is a view (VRT) of one made tile of ten bands, repeated; the labels are a view
ten times as fine, 300,000 x 300,000 pixels for an image of 30,000 x 30,000. They are
aligned by majority, patches are cut from a part of the scene and their statistics
gathered, each in a process of its own whose memory, and that of its workers, is looked
at ten times a second.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import psutil

from kerasseg import legend, raster

TILE, FINE, BANDS, CLASSES = 1000, 10, 10, 12
GOAL = 2.0
"""GB that all processes of a job may take together."""

ALIGN = """
from kerasseg.prepare import align
align.label("labels.vrt", "image.vrt", "aligned.tif", method="majority", share=True)
"""
PATCHES = """
from kerasseg.prepare import patches
patches.run("image.vrt", "aligned.tif", "legend.json", "patches", size=300,
            split="random", background=None, keep=0.4)
"""
STATISTICS = """
from kerasseg.prepare import statistics
statistics.run("patches")
"""


def view(path: Path, tile: Path, count: int, side: int, pixel: float) -> None:
    """Describe a raster that repeats a tile along both sides, without copying it."""
    root = ElementTree.Element(
        "VRTDataset", rasterXSize=str(side), rasterYSize=str(side)
    )
    about = raster.info(tile)
    ElementTree.SubElement(root, "SRS").text = about.crs.to_wkt()
    place = ElementTree.SubElement(root, "GeoTransform")
    place.text = f"300000, {pixel}, 0, 4700000, 0, {-pixel}"
    kind = {"uint8": "Byte", "uint16": "UInt16"}[about.dtype]
    for index in range(1, about.count + 1):
        band = ElementTree.SubElement(
            root, "VRTRasterBand", dataType=kind, band=str(index)
        )
        for number in range(count * count):
            row, column = divmod(number, count)
            source = ElementTree.SubElement(band, "SimpleSource")
            name = ElementTree.SubElement(source, "SourceFilename", relativeToVRT="1")
            name.text = tile.name
            ElementTree.SubElement(source, "SourceBand").text = str(index)
            size = {"xSize": str(about.width), "ySize": str(about.height)}
            where = {
                "xOff": str(column * about.width),
                "yOff": str(row * about.height),
            }
            ElementTree.SubElement(source, "SrcRect", xOff="0", yOff="0", **size)
            ElementTree.SubElement(source, "DstRect", **where, **size)
    path.write_bytes(ElementTree.tostring(root))


def write_world(folder: Path, side: int) -> None:
    """Write a tile of the image, one of labels, and the views that repeat them."""
    rng = np.random.default_rng(0)
    place = ("EPSG:25831", 3e5, 4.7e6)
    image = rng.integers(1, 4000, (TILE, TILE, BANDS)).astype(np.uint16)
    raster.write(folder / "tile.tif", image, raster.grid(TILE, TILE, *place, 10.0))
    coarse = rng.integers(0, CLASSES, (TILE * FINE // 40,) * 2).astype(np.uint8)
    coarse[:75, :75] = 3  # Parcels of 40 pixels, and one of 300 of the image
    labels = np.kron(coarse, np.ones((40, 40), np.uint8))
    noise = rng.random(labels.shape, np.float32) < 0.1
    labels[noise] = rng.integers(0, CLASSES, int(noise.sum()))
    fine = raster.grid(*labels.shape, *place, 10.0 / FINE)
    raster.write(folder / "fine.tif", labels, fine)
    count = side // TILE
    view(folder / "image.vrt", folder / "tile.tif", count, side, 10.0)
    view(folder / "labels.vrt", folder / "fine.tif", count, side * FINE, 10.0 / FINE)
    classes = [{"name": f"class {i}", "color": [20 * i] * 3} for i in range(CLASSES)]
    ignored = [{"name": "none", "color": "#FFFFFF", "code": 255}]
    # All classes but the large parcels' are ignored: one patch in eleven is kept.
    for code, entry in enumerate(classes):
        entry["code"] = code
    kept, left = [classes[3]], [*classes[:3], *classes[4:], *ignored]
    known = legend.from_dict({"classes": kept, "ignored": left})
    (folder / "legend.json").write_text(legend.dumps(known))


def measured(code: str, folder: Path) -> tuple[float, float]:
    """Run code in a process; return seconds and the most GB it and its workers took."""
    begun, peak = time.perf_counter(), 0
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    script = folder / "job.py"  # a worker that is spawned looks for it again
    script.write_text(f"if __name__ == '__main__':\n{_indented(code)}")
    job = subprocess.Popen([sys.executable, script], cwd=folder, env=environment)
    watched = psutil.Process(job.pid)
    while job.poll() is None:
        peak = max(peak, _memory(watched))
        time.sleep(0.1)
    if job.returncode:
        raise SystemExit(f"failed:\n{code}")
    return time.perf_counter() - begun, peak / 1e9


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.strip().splitlines())


def _memory(watched: psutil.Process) -> int:
    """Add up what the processes hold; pages they share count once for each."""
    total = 0
    try:
        for process in (watched, *watched.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--sides", type=int, nargs="+", default=[3000, 10000])
    arguments.add_argument("--folder", type=Path, help="where to work; a disk, not RAM")
    options = arguments.parse_args()
    print("| side | labels | job | seconds | million label pixels/s | peak GB |")
    print("|---|---|---|---|---|---|")
    worst = 0.0
    for side in options.sides:
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            folder = Path(name)
            write_world(folder, side)
            for job, code in (
                ("align", ALIGN),
                ("patches", PATCHES),
                ("statistics", STATISTICS),
            ):
                seconds, peak = measured(code, folder)
                rate = (side * FINE) ** 2 / seconds / 1e6 if job == "align" else 0
                worst = max(worst, peak)
                shown = f"{rate:.0f}" if rate else ""
                print(
                    f"| {side} | {side * FINE} | {job} | {seconds:.1f} | {shown} | "
                    f"{peak:.2f} |",
                    flush=True,
                )
            about = json.loads((folder / "patches" / "patches.json").read_text())
            kept = sum(each["patches"] for each in about["splits"].values())
            print(f"{kept} patches kept, {about['dropped']} left out", flush=True)
    print(f"most {worst:.2f} GB, goal {GOAL}")
    sys.exit(worst > GOAL)


if __name__ == "__main__":
    main()
