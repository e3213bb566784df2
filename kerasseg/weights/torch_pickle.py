"""The pickles of PyTorch, read as data by a machine that can call nothing.

A pickle is a program: it can find any function by its name and call it. Python's own
reader can be told which names to find, but it still sets attributes of whatever was
found. This one has the few instructions and names that checkpoints need, each of which
only makes numbers, texts, lists, dictionaries and descriptions of tensors. It refuses
everything else, and so there is nothing a file could have it do.
"""

import pickletools
from collections.abc import Callable
from typing import Any, BinaryIO

from kerasseg.weights import torch_objects
from kerasseg.weights.torch_objects import Name, RefusedError, ScalarType, Storage

_KEYS = (str, int, float, bool, type(None))
"""Hashing tuples of tuples could take for ever."""


def read(file: BinaryIO) -> tuple[Any, dict[str, Storage]]:
    """Read one pickle, up to its end.

    Returns:
        Its content, where a `Tensor` describes each tensor and ordered dictionaries
        are plain ones; and the storages by their keys.

    Raises:
        RefusedError: If it holds anything else, or is damaged.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name == "STOP":
                break
            if opcode.name not in _ACTIONS:
                raise RefusedError(f"it uses the instruction {opcode.name}")
            _ACTIONS[opcode.name](machine, argument)
        return machine.pop(), machine.storages
    except RefusedError:
        raise
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise RefusedError(f"its pickle is damaged: {error}") from None


class _Machine:
    """A stack, the marks on it, and what is remembered by number."""

    def __init__(self):
        self.storages: dict[str, Storage] = {}
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self) -> Any:
        return self._stack.pop()

    def pop_many(self, count: int) -> tuple:
        return tuple(self.pop() for _ in range(count))[::-1]

    def mark(self, _: None) -> None:
        self._marks.append(len(self._stack))

    def pop_marked(self) -> tuple:
        return self.pop_many(len(self._stack) - self._marks.pop())

    def remember(self, number: int | None) -> None:
        self._memo[len(self._memo) if number is None else number] = self._stack[-1]

    def recall(self, number: int) -> None:
        self.push(self._memo[number])

    def set_items(self, items: tuple) -> None:
        target = self._filled(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, _KEYS):
                raise RefusedError("it has a key that is neither text nor number")
            target[key] = value

    def append(self, items: tuple) -> None:
        self._filled(list).extend(items)

    def find(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise RefusedError("it asks for what has no name")
        found = Name(module, name)
        if not torch_objects.is_known(found):
            raise RefusedError(f"it asks for {found}")
        self.push(found)

    def call(self, _: None) -> None:
        self.push(torch_objects.make(*self.pop_many(2)))

    def build(self, _: None) -> None:
        """Take the state of an object: none of those known has any that is needed."""
        state, target = self.pop(), self._stack[-1]
        if isinstance(target, ScalarType) and type(state) is tuple:
            if state[1] not in ("<", "|"):
                raise RefusedError("its numbers are big-endian")
        elif not (type(target) is dict and type(state) is dict):
            raise RefusedError("it sets the state of an object that has none")

    def refer(self, _: None) -> None:
        found = torch_objects.storage(self.pop())
        if self.storages.setdefault(found.key, found) != found:
            raise RefusedError("it has a storage of two types or lengths")
        self.push(found)

    def _filled(self, kind: type) -> Any:
        target = self._stack[-1]
        if type(target) is not kind:
            raise RefusedError(f"it fills what is no {kind.__name__}")
        return target


_VALUES = (
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES"),
)
_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, _: None),
    **dict.fromkeys(_VALUES, _Machine.push),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.recall),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "MARK": _Machine.mark,
    "TUPLE": lambda machine, _: machine.push(machine.pop_marked()),
    "TUPLE1": lambda machine, _: machine.push(machine.pop_many(1)),
    "TUPLE2": lambda machine, _: machine.push(machine.pop_many(2)),
    "TUPLE3": lambda machine, _: machine.push(machine.pop_many(3)),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop_many(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_marked()),
    "APPEND": lambda machine, _: machine.append(machine.pop_many(1)),
    "APPENDS": lambda machine, _: machine.append(machine.pop_marked()),
    "GLOBAL": lambda machine, name: machine.find(*name.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.find(*machine.pop_many(2)),
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.refer,
}
