"""Open `.npy` files as views of the disk, and refuse what is not plain numbers."""

from pathlib import Path

import numpy as np

_PICKLE = b"\x80"
"""The first byte of every pickle since 2002."""


def view(path: Path) -> np.ndarray:
    """Map an array of numbers into memory; its name needs no `.npy` at the end.

    What is written into it stays in memory: the file never changes.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, cut short, or holds other things than numbers.
    """
    try:
        mapped = np.lib.format.open_memmap(path, mode="c")
    except FileNotFoundError:
        raise FileNotFoundError(f"no array at {path}. Unpack the data again.") from None
    except (ValueError, EOFError, OverflowError) as error:
        raise ValueError(_refusal(path, error)) from None
    if mapped.dtype.kind not in "iuf":
        raise ValueError(
            f"{path} holds {mapped.dtype}, not whole or real numbers. Download it "
            "again."
        )
    array = np.asarray(mapped)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder())


def _refusal(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        pickled = file.read(1) == _PICKLE
    if pickled or "Python objects" in str(error):
        return (
            f"{path} holds pickled Python objects, which could run a program when "
            "read, so it is not read. Download it again, or save plain numbers."
        )
    return f"{path} is damaged or cut short. Download or copy it again."
