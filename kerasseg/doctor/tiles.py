"""K4: empty images, and images that are there twice or in two splits.

What is compared are the pixels, to the bit: names may differ. A test that shares places
with what was learnt from tells nothing about other places.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, product

from kerasseg.doctor.findings import Finding, listed
from kerasseg.doctor.world import Samples, Scenes, Tile


def find(scenes: Scenes) -> Iterator[Finding]:
    """Find empty and equal images of scenes."""
    same = defaultdict(list)
    for each in scenes.images:
        if each.is_empty:
            yield Finding(
                "K401",
                str(each.path),
                "The image holds no data." if not each.observed else
                "The image has one value everywhere.",
                "Leave it out, or download it again.",
            )  # fmt: skip
        else:
            same[each.digest].append(each)
    if scenes.is_series:  # told as K505
        return
    for twins in same.values():
        if len(twins) > 1:
            yield Finding(
                "K403",
                str(twins[1].path),
                f"The pixels are those of {twins[0].path}, to the bit.",
                "Keep one: it would count twice, and may be learnt and tested on.",
            )


def find_in_samples(samples: Samples) -> Iterator[Finding]:
    """Find empty, equal and overlapping samples, within and across splits."""
    for split in samples.splits:
        own = [tile for tile in samples.tiles if tile.split == split]
        yield from _empty(samples, split, own)
        yield from _twice(samples, split, own)
    for one, other in combinations(samples.splits, 2):
        yield from _shared(samples, one, other)
        yield from _overlapping(samples, one, other)


def _empty(samples: Samples, split: str, own: list[Tile]) -> Iterator[Finding]:
    blank = [tile.id for tile in own if tile.is_empty]
    if blank:
        yield Finding(
            "K401",
            f"{samples.name}, {split}: {listed(blank)}",
            f"{len(blank)} of {len(own)} images have one value everywhere.",
            "Leave them out.",
        )
    bare = [tile.id for tile in own if not tile.counts.any() and not tile.strange]
    if bare:
        yield Finding(
            "K402",
            f"{samples.name}, {split}: {listed(bare)}",
            f"{len(bare)} of {len(own)} samples have no labelled pixel.",
            "Leave them out: nothing is learnt from them, and nothing scored.",
        )


def _twice(samples: Samples, split: str, own: list[Tile]) -> Iterator[Finding]:
    same = defaultdict(list)
    for tile in own:
        if not tile.is_empty:
            same[tile.digest].append(tile.id)
    twins = [ids for ids in same.values() if len(ids) > 1]
    if twins:
        yield Finding(
            "K403",
            f"{samples.name}, {split}: {listed(twins[0])}",
            f"{sum(map(len, twins)) - len(twins)} images are there already under "
            "another name, to the bit.",
            "Keep one of each.",
        )


def _shared(samples: Samples, one: str, other: str) -> Iterator[Finding]:
    first = {t.digest: t.id for t in samples.tiles if t.split == one and not t.is_empty}
    shared = [
        tile.id
        if tile.id == first[tile.digest]
        else f"{first[tile.digest]} = {tile.id}"
        for tile in samples.tiles
        if tile.split == other and tile.digest in first
    ]
    if not shared:
        return
    yield Finding(
        "K404" if "test" in (one, other) else "K405",
        f"{samples.name}: {listed(shared)}",
        f"{len(shared)} images of {other} are in {one} too, to the bit.",
        "Give each place to one split: scores on what was learnt tell nothing."
        if "test" in (one, other)
        else "Give each place to one split, or know that the kept epoch fits train.",
    )


def _overlapping(samples: Samples, one: str, other: str) -> Iterator[Finding]:
    places = samples.places.items()
    left = [(name, place) for (split, name), place in places if split == one]
    right = [(name, place) for (split, name), place in places if split == other]
    found = [f"{a} and {b}" for a, b in _overlaps(left, right)]
    if found:
        yield Finding(
            "K406",
            f"{samples.name}: {listed(found, 3)}",
            f"{len(found)} pairs of patches of {one} and {other} overlap.",
            "Prepare the patches again with `--split block` or `scene`, or without "
            "overlap.",
        )


_Places = Sequence[tuple[str, tuple[str, int, int, int]]]


def _overlaps(left: _Places, right: _Places) -> Iterator[tuple[str, str]]:
    """List pairs of squares that share a pixel, (scene, row, column, size) each.

    Squares are put into cells as wide as the largest; only neighbours are compared.
    """
    side = max((place[3] for _, place in (*left, *right)), default=1)
    cells = defaultdict(list)
    for name, (scene, row, column, size) in left:
        cells[scene, row // side, column // side].append((name, row, column, size))
    for name, (scene, row, column, size) in right:
        for down, across in product((-1, 0, 1), repeat=2):
            key = scene, row // side + down, column // side + across
            for theirs, top, start, width in cells.get(key, ()):
                if -size < row - top < width and -size < column - start < width:
                    yield theirs, name
