"""Packages whose modules load on first use, so that opening them costs nothing."""

import pkgutil
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from types import ModuleType


def modules(folders: Iterable[str]) -> list[str]:
    """List the modules of a package by its `__path__`, without importing one."""
    return sorted(module.name for module in pkgutil.iter_modules(folders))


def attach(package: str, names: Sequence[str]) -> Callable[[str], ModuleType]:
    """Return a package's `__getattr__`, which imports the modules named."""

    def find(name: str) -> ModuleType:
        if name in names:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
