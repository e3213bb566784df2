"""What is said of the ground that was looked at, and of what it stands for."""

from kerasseg.legend import Legend
from kerasseg.validate import bootstrap

CENSUS = 0.99
"""Labels of a larger share of the map are taken to cover it."""


def covered(share: float, looked: int) -> str:
    """Say how much of the map has labels, and what intervals mean."""
    is_census = share >= CENSUS
    first = (
        "Labels cover the map: its accuracy against them, and areas, are exact."
        if is_census
        else f"Labels cover {share:.1%} of the map, and stand for the rest of it."
    )
    if looked < bootstrap.LEAST:
        return (
            f"{first} No intervals: they need {bootstrap.LEAST} labelled blocks, here "
            f"are {looked}."
        )
    meaning = "on other ground of this kind" if is_census else "of the whole map"
    return (
        f"{first} 95 % intervals are of {looked} blocks of ground drawn again "
        f"{bootstrap.DRAWS} times: what to expect {meaning}."
    )


def unseen(matrix, mapped, known: Legend, what: str) -> str:
    """Say so where a mapped class was nowhere looked at."""
    names = [
        name
        for name, drawn, pixels in zip(
            known.names, matrix.sum(axis=0), mapped, strict=True
        )
        if pixels and not drawn
    ]
    if not names:
        return ""
    share = mapped[(matrix.sum(axis=0) == 0)].sum() / mapped.sum()
    return (
        f" No {what} where the map says {', '.join(names)}: {share:.2%} of it are left "
        "out of all estimates."
    )


def presumed(details: dict[str, str]) -> str:
    """Say so where label values had no legend: codes from 1 would pass for others."""
    if "Label values" not in details:
        return ""
    return (
        f" Label values were taken for indices, {details['Label values']}; if they are "
        "others, give a legend."
    )


def indices(known: Legend) -> str:
    """Tell what label values mean where no legend does."""
    last = known.num_classes - 1
    return f"0 for {known.names[0]} to {last} for {known.names[last]}"
