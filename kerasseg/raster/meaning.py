"""What the values of a map mean, as the file itself tells."""

from functools import lru_cache
from pathlib import Path

from kerasseg.legend import IGNORE, Entry, Legend
from kerasseg.places import place
from kerasseg.raster.opening import open_source

_TAG = "CLASS_"


@lru_cache(maxsize=4)  # Thousands of patches have one
def colormap(legend: Legend) -> dict[int, tuple[int, int, int, int]]:
    """Return the colour table of class indices; `IGNORE` is transparent."""
    table = {index: (*entry.color, 255) for index, entry in enumerate(legend.classes)}
    return {**table, IGNORE: (0, 0, 0, 0)}


def class_tags(legend: Legend) -> dict[str, str]:
    """Return the tags that name the classes of a band."""
    return {f"{_TAG}{index}": name for index, name in enumerate(legend.names)}


def read_legend(path: str | Path) -> Legend | None:
    """Return the classes a map names in the tags of its band, as `Writer` leaves them.

    Their codes are their indices; colours come from the colour table, grey where there
    is none. What is `legend.IGNORE` is ignored.

    Returns:
        None where the file names no classes.

    Raises:
        FileNotFoundError: If there is no such file.
        RasterError: If it is not a raster.
    """
    with open_source(place(path)) as source:
        tags = source.tags(1)
        has_colors = source.colorinterp[0].name == "palette"
        colors = source.colormap(1) if has_colors else {}
    names = []
    while f"{_TAG}{len(names)}" in tags:
        names.append(tags[f"{_TAG}{len(names)}"])
    if not names:
        return None
    return Legend(
        tuple(
            Entry(name, colors.get(index, (128, 128, 128))[:3], (index,))
            for index, name in enumerate(names)
        ),
        (Entry("no data", (0, 0, 0), (IGNORE,)),),
    )
