"""How the C library keeps memory, where JAX computes on the CPU of a Linux machine.

XLA takes its working memory anew at every step and takes scratch for every operation.
glibc serves both badly as it comes, so it is told to keep what is freed, and the holes
that a compiler leaves are filled. A model that shall take little memory rather than
little time has its large blocks mapped anew. Other C libraries are left alone.
"""

import ctypes
import sys
from contextlib import suppress
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
"""Numbers of glibc's parameters for `mallopt`."""

_MAPPED_FROM = 32 << 20
"""Bytes of a block that is mapped where large ones are; glibc allows no more."""

_mapped_at_once = 0
"""How many blocks may be mapped at once."""

_SMALLEST, _LARGEST = 4096, 64 << 20
"""Bytes of the holes that are filled; a larger one is worth keeping."""

_RESERVE = 256 << 20
"""Bytes of address space kept for what is small, so that it leaves the large alone."""

_ALIGNMENT = 16
_MADV_DONTNEED = 4


class _Memory(ctypes.Structure):
    """What `mallinfo2` tells, in bytes: of the heap, and of what is free at its end."""

    _fields_ = (
        ("arena", ctypes.c_size_t),
        ("others", ctypes.c_size_t * 8),
        ("keepcost", ctypes.c_size_t),
    )


def keep_freed_memory() -> None:
    """Let glibc keep freed memory, instead of giving it back after each step.

    A CPU spends up to a fifth of a step on the first touch of its pages.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, -1)  # never
        mallopt(_MMAP_MAX, _mapped_at_once)
        mallopt(_ARENA_MAX, 1)


def map_large_blocks() -> None:
    """Let glibc map each large block by itself, and give it back when it is freed.

    What is kept can have too little room for the same working memory at the next step,
    because of a small tensor at its edge: then there are two of them. Mapped, there is
    one. Touching its pages anew takes 5 % of the time of a train step of U-TAE.
    """
    global _mapped_at_once
    library = _glibc()
    if library is not None:
        _mapped_at_once = 1 << 16
        library.mallopt(_MMAP_THRESHOLD, _MAPPED_FROM)
        library.mallopt(_MMAP_MAX, _mapped_at_once)


def fill_holes() -> int:
    """Take all small free pieces of the heap for good, and give their pages back.

    A compiler leaves tens of thousands of them, and glibc searches those one after the
    other whenever an operation asks for scratch: a tenth of U-TAE's train step, beside
    half a gigabyte. Address space is all that taking them costs. Where large blocks are
    mapped nobody will ask for the large pieces either, which go back whole.

    Returns:
        How many bytes were taken.
    """
    library = _glibc()
    if library is None:
        return 0
    library.mallopt(_MMAP_MAX, 0)
    try:
        return _fill(library)
    finally:
        library.mallopt(_MMAP_MAX, _mapped_at_once)
        if _mapped_at_once:
            library.malloc_trim(0)


def _fill(library) -> int:
    """See `fill_holes`; no block may be mapped meanwhile."""
    told = library.mallinfo2()
    size = told.arena - told.keepcost
    # What is as large as the heap lies behind it, and so does what comes after.
    end = library.malloc(size)
    if not end:
        return 0
    large = []
    while block := _largest_hole(end, size, library):
        large.append(block)
    taken = _take_below(end, library)
    end = library.realloc(end, _SMALLEST)  # the rest of it is behind the heap again
    # What was compiled may have used up the hole for what is small.
    kept = map(library.malloc_usable_size, large)
    if not _mapped_at_once and not any(
        _RESERVE // 2 < size <= _RESERVE + _LARGEST for size in kept
    ):
        _reserve(library)
    for block in [end, *large]:
        library.free(block)
    for block, length in taken:
        _give_back(block, length, library)
    return sum(length for _, length in taken)


def _largest_hole(end: int, size: int, library) -> int | None:
    """Allocate the largest free piece below an address, if it is one to keep.

    Args:
        end: The address.
        size: More bytes than any piece has.
        library: The C library.
    """

    def fits(size):
        block = library.malloc(size)
        library.free(block)
        return block and block < end

    fitting = _LARGEST
    if not fits(fitting):
        return None
    while size - fitting > _ALIGNMENT:
        middle = (size + fitting) // 2
        fitting, size = (middle, size) if fits(middle) else (fitting, middle)
    return library.malloc(fitting)


def _take_below(end: int, library) -> list[tuple[int, int]]:
    """Allocate, largest first, until nothing is left below an address.

    Returns:
        Address and bytes of each block.
    """
    taken = []
    size = _LARGEST
    while size >= _SMALLEST:
        block = library.malloc(size)
        if block and block < end:
            taken.append((block, library.malloc_usable_size(block)))
        else:
            library.free(block)
            size = size * 15 // 16
    return taken


def _give_back(block: int, size: int, library) -> None:
    first, last = -(-block // 4096) * 4096, (block + size) // 4096 * 4096
    if last > first:
        library.madvise(first, last - first, _MADV_DONTNEED)


@cache
def reserve() -> None:
    """Make one hole behind the heap, unless that was done, for what is small.

    It is too small for a working memory. Small tensors that outlive a step would else
    lie where the working memory was, and a second one would be taken beside the first.
    """
    library = _glibc()
    if library is not None and not _mapped_at_once:
        _reserve(library)


def _reserve(library) -> None:
    """Make that hole. No other one may be free meanwhile that is as large."""
    hole = library.malloc(_RESERVE)
    library.malloc(_LARGEST)  # never freed nor touched: it keeps the hole a hole
    library.free(hole)


def _glibc():
    """Return the C library if it is a glibc that has what filling holes needs."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    with suppress(AttributeError):  # musl, and glibc before 2.33
        address, size = ctypes.c_void_p, ctypes.c_size_t
        library.mallinfo2.restype = _Memory
        library.malloc.argtypes, library.malloc.restype = [size], address
        library.realloc.argtypes, library.realloc.restype = [address, size], address
        library.free.argtypes, library.free.restype = [address], None
        library.malloc_usable_size.argtypes = [address]
        library.malloc_usable_size.restype = size
        library.madvise.argtypes = [address, size, ctypes.c_int]
        return library
    return None
