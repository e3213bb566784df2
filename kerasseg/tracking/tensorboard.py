"""Scores as TensorBoard reads them, written without TensorBoard or TensorFlow.

An event file is a row of records, each a message of Protocol Buffers with its length
and two checksums. Of the messages only what scores need is spelled here.

Source:
    `tensorflow/core/util/event.proto`, `tensorflow/core/framework/summary.proto` and
    `tensorflow/core/lib/io/record_writer.h`, https://github.com/tensorflow/tensorflow;
    Protocol Buffers, https://protobuf.dev/programming-guides/encoding.
"""

import struct
import time
from collections.abc import Mapping
from pathlib import Path

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_POLYNOMIAL = 0x82F63B78  # of CRC-32C, its bits reversed
_MASK = 0xA282EAD8


def _entry(number: int) -> int:
    for _ in range(8):
        number = number >> 1 ^ (_POLYNOMIAL if number & 1 else 0)
    return number


_TABLE = tuple(map(_entry, range(256)))


class Board:
    """An event file in a folder; one more is begun whenever a run goes on.

    Args:
        folder: Where TensorBoard looks for the run; made where it does not exist.
    """

    def __init__(self, folder: Path):
        now = time.time()
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"events.out.tfevents.{now:.6f}.kerasseg"
        version = _field(3, _BYTES, b"brain.Event:2")
        self._append(_field(1, _DOUBLE, now) + version)

    def scores(self, values: Mapping[str, float], step: int) -> None:
        """Write numbers of one epoch; what is not a number is left out.

        Raises:
            OSError: If the file cannot be written.
        """
        summary = b"".join(
            _field(1, _BYTES, _value(name, float(value)))
            for name, value in values.items()
            if float(value) == float(value)
        )
        event = _field(1, _DOUBLE, time.time()) + _field(2, _VARINT, step)
        self._append(event + _field(5, _BYTES, summary))

    def _append(self, event: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(_record(event))


def _value(name: str, value: float) -> bytes:
    return _field(1, _BYTES, name.encode()) + _field(2, _FLOAT, value)


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    checks = (struct.pack("<I", _masked(part)) for part in (length, content))
    return length + next(checks) + content + next(checks)


def _field(number: int, kind: int, value: float | bytes) -> bytes:
    key = _varint(number << 3 | kind)
    if kind == _VARINT:
        return key + _varint(int(value))
    if kind == _BYTES:
        return key + _varint(len(value)) + value
    return key + struct.pack("<d" if kind == _DOUBLE else "<f", value)


def _varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _masked(content: bytes) -> int:
    """Return the CRC-32C of bytes, turned and shifted as TensorFlow stores it."""
    check = 0xFFFFFFFF
    for byte in content:
        check = check >> 8 ^ _TABLE[(check ^ byte) & 255]
    check ^= 0xFFFFFFFF
    return ((check >> 15 | check << 17) + _MASK) & 0xFFFFFFFF
