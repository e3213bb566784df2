"""YAML that remembers the line of each key, and reads numbers as people write them.

PyYAML follows YAML 1.1, where `1e-3` is text and `no` is false. Here the core schema
of YAML 1.2 holds (https://yaml.org/spec/1.2.2, 10.3.2), as in every recent editor.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from kerasseg.lookup import Fault
from kerasseg.lookup.options import Key

_TAGS = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
)


@dataclass
class Document:
    """What a YAML file says, and where.

    Args:
        content: Plain lists, mappings, numbers and text.
        lines: The line of each key and list item, the first being 1.
        faults: Keys that occur twice.
    """

    content: Any
    lines: dict[Key, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class NotYamlError(ValueError):
    """Text that is not YAML; `line` is where reading stopped."""

    def __init__(self, message: str, line: int):
        super().__init__(message)
        self.line = line


def parse(text: str) -> Document:
    """Read YAML.

    Raises:
        NotYamlError: If the text is not one YAML document.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        document = Document(None)
        if node is not None:
            _walk(node, (), document, loader)
            document.content = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYamlError(error.problem or str(error), mark.line + 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        letter = f"U+{ord(text[error.position]):04X}"
        raise NotYamlError(f"{error.reason}: {letter}", line) from None
    return document


def value(text: str) -> Any:
    """Read one value, as given to `--set`."""
    return parse(text).content


def dumps(content: Any) -> str:
    """Write what `parse` reads back equal."""
    return yaml.dump(
        content,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=88,
    )


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict = {}  # noqa: RUF012  (PyYAML's own way)


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict = {}  # noqa: RUF012

    def ignore_aliases(self, data):
        return True


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    bases = {"0o": 8, "0x": 16}
    return int(text, bases.get(text[:2], 10))


for _tag, _pattern, _first in _TAGS:
    for _yaml in (_Loader, _Dumper):
        # PyYAML looks the first character up; an empty scalar's is the empty text.
        _yaml.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}",
            re.compile(f"^(?:{_pattern})$"),
            [letter.replace("\0", "") for letter in _first],
        )
for _yaml in (_Loader, _Dumper):
    # `<<` merges, as YAML 1.1 had it: shared parts of a recipe stay in one place.
    _yaml.add_implicit_resolver(
        "tag:yaml.org,2002:merge", re.compile("^(?:<<)$"), ["<"]
    )
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Dumper.add_representer(tuple, lambda dumper, items: dumper.represent_list(list(items)))


def _walk(node: yaml.Node, key: Key, document: Document, loader: _Loader) -> None:
    document.lines.setdefault(key, node.start_mark.line + 1)
    if key and len(key) > 32:
        mark = node.start_mark
        raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*key, index), document, loader)
    if isinstance(node, yaml.MappingNode):
        _find_twice(node, key, document)
        loader.flatten_mapping(node)
        for name, item in node.value:
            inner = (*key, str(name.value))
            document.lines[inner] = name.start_mark.line + 1
            _walk(item, inner, document, loader)


def _find_twice(node: yaml.MappingNode, key: Key, document: Document) -> None:
    first: dict[str, int] = {}
    for name, _ in node.value:
        line = name.start_mark.line + 1
        text = str(name.value)
        if text in first and text != "<<":
            document.faults.append(
                Fault((*key, text), f"given twice, first on line {first[text]}.")
            )
        first.setdefault(text, line)
