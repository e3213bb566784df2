"""What the doctor can find: one table of kinds, each with an id that stays the same.

`--ignore` and continuous integration rely on the ids: one that is no longer found is
retired, never given to another kind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Kind:
    """One kind of finding.

    Args:
        name: In two or three words.
        severity: An error stops a fit or spoils it, a warning may, a note is good to
            know.
        meaning: What is so, in one sentence.
    """

    name: str
    severity: Severity
    meaning: str


KINDS: dict[str, Kind] = {
    # Files
    "K001": Kind("unreadable", "error", "A file or a sample cannot be read."),
    "K002": Kind("no-partner", "error", "An image has no label, or the reverse."),
    "K003": Kind("empty-split", "warning", "A split holds no sample."),
    "K004": Kind("mixed-kinds", "error", "Images differ in bands or type."),
    "K005": Kind("mixed-nodata", "warning", "Images differ in the value for nodata."),
    # Where on the ground
    "K101": Kind("crs-missing", "warning", "A raster has a place but no CRS."),
    "K102": Kind("crs-out-of-area", "warning", "A CRS is not made for that place."),
    "K103": Kind("crs-impossible", "error", "Coordinates mean no place in the CRS."),
    "K104": Kind("crs-mismatch", "error", "Image and label are in different CRSs."),
    "K105": Kind("grid-mismatch", "error", "Image and label lie on different grids."),
    "K106": Kind("no-overlap", "error", "Image and label share no ground."),
    "K107": Kind("not-north-up", "note", "A raster is rotated or south-up."),
    "K108": Kind("mixed-resolution", "warning", "Images differ in pixel size."),
    "K109": Kind("date-elsewhere", "error", "A date lies elsewhere than the others."),
    # Values of images
    "K201": Kind("not-finite", "error", "An image holds NaN or infinity as data."),
    "K202": Kind("constant-band", "warning", "A band has one value everywhere."),
    "K203": Kind("saturated", "warning", "Many pixels of a band have its top value."),
    "K204": Kind("scale-mismatch", "error", "An image is in another unit than most."),
    "K205": Kind("statistics-mismatch", "error", "Stored statistics do not fit."),
    "K206": Kind("nodata-undeclared", "warning", "A fill value is not declared."),
    # Labels
    "K301": Kind("outside-legend", "error", "A label is not in the legend."),
    "K302": Kind("not-labels", "error", "A raster cannot be labels."),
    "K303": Kind("no-legend", "note", "Nothing says what label values mean."),
    "K304": Kind("class-never", "note", "A class of the legend never occurs."),
    "K305": Kind("class-not-in-train", "warning", "A class is scored but not learnt."),
    "K306": Kind("class-not-in-split", "note", "A class is learnt but not scored."),
    "K307": Kind("class-rare", "note", "A class has less than a thousandth."),
    # Tiles
    "K401": Kind("empty-image", "warning", "An image holds no data."),
    "K402": Kind("unlabelled", "warning", "A label holds no labelled pixel."),
    "K403": Kind("duplicate", "warning", "Two images of a split are the same."),
    "K404": Kind("leak", "error", "An image is in the test split and in another."),
    "K405": Kind("val-in-train", "warning", "An image is in train and in val."),
    "K406": Kind("overlap", "error", "Patches of different splits share ground."),
    # Dates
    "K501": Kind("undated", "warning", "An image of a series has no date."),
    "K502": Kind("date-twice", "error", "A date has a band twice."),
    "K503": Kind("date-incomplete", "error", "A date lacks bands that others have."),
    "K504": Kind("offset-jump", "error", "Values jump by 1000 on 2022-01-25."),
    "K505": Kind("date-repeated", "warning", "Two dates have the same pixels."),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Args:
        id: Its kind, a key of `KINDS`.
        file: The file, or the sample, that it was found in.
        sentence: What was found, with values.
        cure: What to do.
    """

    id: str
    file: str
    sentence: str
    cure: str

    @property
    def kind(self) -> Kind:
        return KINDS[self.id]

    def to_dict(self) -> dict[str, str]:
        """Return plain strings for JSON."""
        return {
            "id": self.id,
            "name": self.kind.name,
            "severity": self.kind.severity,
            "file": self.file,
            "sentence": self.sentence,
            "cure": self.cure,
        }


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put errors first, then kinds by their ids, then files; each finding once."""
    return tuple(
        sorted(
            dict.fromkeys(found),
            key=lambda each: (
                SEVERITIES.index(each.kind.severity),
                each.id,
                each.file,
            ),
        )
    )


def listed(values: Sequence[object], most: int = 5) -> str:
    """Name the first few of many, and how many more there are."""
    shown = ", ".join(str(value) for value in values[:most])
    more = len(values) - most
    return f"{shown} and {more} more" if more > 0 else shown
