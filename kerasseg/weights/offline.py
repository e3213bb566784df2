"""Tell what weights would be fetched, without fetching them."""

from collections.abc import Sequence
from pathlib import Path

from kerasseg import encoders
from kerasseg.encoders import hub
from kerasseg.weights.fetch import address

Source = str | Path | None


def without_fetching(
    source: Source | Sequence[Source], encoder: encoders.Names
) -> tuple[Source | Sequence[Source], dict[str, str]]:
    """Leave out of what `load` is given all that is not on this machine.

    Args:
        source: As `load` takes it.
        encoder: The name of the model's encoder, or a list of them.

    Returns:
        What can be loaded, and where the rest would be fetched from, by encoder.

    Raises:
        LookupError: If no ImageNet weights are known for an encoder.
        ValueError: If an encoder is a backbone of KerasHub whose preset is not on this
            machine: nothing is known of it before it is fetched.
    """
    parts = encoders.listed(encoder)
    _check_presets(parts)
    alone = source is None or isinstance(source, str | Path)
    sources = [source] * len(parts) if alone else list(source)
    wanted = {
        part: address(part)
        for part, each in zip(parts, sources, strict=False)
        if each is not None and str(each) == "imagenet" and not _is_preset(part)
    }
    absent = {part: url for part, url in wanted.items() if url is not None}
    if not absent:
        return source, {}
    kept = [
        None if part in absent else each
        for part, each in zip(parts, sources, strict=True)
    ]
    return kept if any(kept) else None, absent


def _is_preset(part: str) -> bool:
    return part.startswith(hub.PREFIX)


def _check_presets(parts: Sequence[str]) -> None:
    for part in filter(_is_preset, parts):
        folder = Path(part.removeprefix(hub.PREFIX)).expanduser()
        if not folder.is_dir():
            raise ValueError(
                f"encoder {part!r}: its preset would be fetched, and tells only then "
                "what the model costs. Give the folder of a preset, or fit without "
                "--dry-run."
            )
