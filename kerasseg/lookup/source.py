"""Read functions as text: find a definition without importing its module."""

import ast
import importlib.util
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_MAX_HOPS = 8
"""How many re-exports to follow before giving up: a cycle must end somewhere."""


@dataclass(frozen=True)
class Module:
    """The text of a module, parsed.

    Args:
        name: Its dotted name.
        package: The dotted name relative imports count from.
        path: Its file.
        body: Its statements.
    """

    name: str
    package: str
    path: Path
    body: tuple[ast.stmt, ...]


@dataclass(frozen=True)
class Definition:
    """A statement that gives a name its meaning, and the module it stands in."""

    node: ast.stmt
    module: Module


def spec(name: str) -> ModuleSpec | None:
    """Find a module's spec without running its parents, or `None`."""
    first, *rest = name.split(".")
    try:
        found = importlib.util.find_spec(first)
    except (ImportError, ValueError):
        return None
    path = first
    for part in rest:
        if found is None or found.submodule_search_locations is None:
            return None
        path = f"{path}.{part}"
        found = PathFinder.find_spec(path, list(found.submodule_search_locations))
    return found


def module(name: str) -> Module | None:
    """Parse a module; `None` if it has no Python source or there is no such module.

    Raises:
        ValueError: If the source is not Python.
    """
    found = spec(name)
    if found is None or not (found.origin or "").endswith(".py"):
        return None
    path = Path(found.origin)
    is_package = found.submodule_search_locations is not None
    package = name if is_package else name.rpartition(".")[0]
    stat = path.stat()
    return Module(name, package, path, _parse(path, stat.st_mtime_ns, stat.st_size))


def submodules(name: str) -> list[str]:
    """List the modules and packages directly under a package, private ones left out."""
    found = spec(name)
    folders = found.submodule_search_locations if found else None
    return sorted(
        {
            file.stem
            for folder in folders or ()
            for file in Path(folder).iterdir()
            if not file.name.startswith(("_", "."))
            and (file.suffix == ".py" or (file / "__init__.py").is_file())
        }
    )


def exported(name: str) -> list[str]:
    """Return the names in a module's `__all__`, which must be a plain list of text."""
    here = module(name)
    found = definition(here, "__all__") if here else None
    return sorted(ast.literal_eval(found.node.value)) if found else []


def definition(here: Module, name: str, hops: int = _MAX_HOPS) -> Definition | None:
    """Find where a name of a module gets its meaning, through re-exports."""
    for node in reversed(here.body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return Definition(node, here)
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in _targets(node):
            return Definition(node, here)
        if isinstance(node, ast.ImportFrom) and hops:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    origin = module(_absolute(here, node))
                    return origin and definition(origin, alias.name, hops - 1)
    return None


def imported(here: Module, name: str) -> Module | None:
    """Find the module that a name of a module stands for, as in `from a import b`."""
    for node in here.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            parent = _absolute(here, node) if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return module(f"{parent}.{alias.name}".lstrip("."))
    return None


def _absolute(here: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = here.package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


@cache
def _parse(path: Path, changed: int, size: int) -> tuple[ast.stmt, ...]:
    try:
        return tuple(ast.parse(path.read_bytes(), str(path)).body)
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}: not Python: {error.msg}.") from None
