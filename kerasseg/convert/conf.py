"""The `conf.json` beside a published checkpoint, as options of our builders.

The training scripts of utae-paps, Crop2Seg and STENN write their arguments there. What
concerns the model is translated; the rest of the training is not needed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasseg import lookup

_MODELS: dict[str, dict[str, dict[str, Any]]] = {
    "utae": {"utae": {}},
    "wtae": {"wtae": {}},
    "timeunet": {"timeunet": {}},
    "stenn": {
        "stenn": {},
        "stenn_nodense": {"dense": False},
        "stenn_notransformer": {"transformer": False},
        "vgg": {"strided": True, "dim_feedforward": 128},
    },
}
"""For each of our models those that `conf.json` may name, and what sets them apart."""
_SAME = (
    *("encoder_widths", "decoder_widths", "str_conv_k", "str_conv_s", "str_conv_p"),
    *("agg_mode", "encoder_norm", "padding_mode", "n_head", "d_model", "d_k"),
    *("pad_value", "conv_type", "use_mbconv", "add_squeeze", "add_linear"),
    *("dilation_rates", "num_heads", "dim_feedforward", "num_layers"),
)
_LACKING = {
    **{"agg_mode": None, "conv_type": "2d", "use_mbconv": False, "add_squeeze": False},
    **{"add_linear": False, "dates": "days", "boundary_head": False},
}
"""Options that a model may lack, and the only value it then has; `None` for any."""
_LISTS = ("encoder_widths", "decoder_widths", "out_conv", "out_widths")
_NUM_BANDS, _NUM_CLASSES = 10, 20
"""Of PASTIS: the published code has them where `conf.json` says nothing."""


@dataclass(frozen=True)
class Conf:
    """What a `conf.json` says of a model.

    Args:
        bands: Number of bands.
        num_classes: Number of classes.
        options: Options of the builder.
        run: Which of the five runs it was, if it was one alone.
    """

    bands: int
    num_classes: int
    options: dict[str, Any]
    run: int | None


def read(path: Path, name: str) -> Conf:
    """Read the configuration of one model.

    Args:
        path: The `conf.json`.
        name: Our name of the model, such as `utae`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not JSON, is of another model, or has what none of our
            models has.
    """
    content = _read_json(path)
    _check_model(content, path, name)
    listed = {key: _numbers(content[key]) for key in _LISTS if key in content}
    content = {**content, **listed}
    widths, num_classes = _out(content, path, name)
    kind = _MODELS[name][content.get("model", name)]
    options = {**kind, **{key: content[key] for key in _SAME if key in content}}
    options |= {**widths, **_flags(content, path)}
    if options.get("encoder_norm", "group") in (None, "None"):
        options["encoder_norm"] = "none"
    if options.get("pad_value", 0) is None:  # no value means padding
        del options["pad_value"]
    return Conf(
        bands=_whole(content, ("input_dim", "input_channel"), _NUM_BANDS, path),
        num_classes=num_classes,
        options=_checked(options, path, name),
        run=content.get("fold"),
    )


def _out(content: Mapping, path: Path, name: str) -> tuple[dict[str, Any], int]:
    """Return the widths of the last convolutions as an option, and the classes."""
    classes = _whole(content, ("num_classes",), _NUM_CLASSES, path)
    if name == "stenn":
        return {key: content[key] for key in ("out_widths",) if key in content}, classes
    widths = content.get("out_conv", [32, classes])
    whole = isinstance(widths, list) and all(type(width) is int for width in widths)
    if not whole or not widths or widths[-1] < 1:
        raise ValueError(
            f"{path}: out_conv {widths!r}. Give a list that ends with the number of "
            "classes."
        )
    return {"out_conv": widths[:-1]}, widths[-1]


def _whole(content: Mapping, keys: tuple[str, ...], default: int, path: Path) -> int:
    for key in keys:
        if key in content:
            if type(content[key]) is not int or content[key] < 1:
                raise ValueError(
                    f"{path}: {key} {content[key]!r} is not a whole number above 0."
                )
            return content[key]
    return default


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(
            f"no configuration at {path}. Give the conf.json that lies beside the "
            "checkpoint."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error}). Copy it again.") from None
    if not isinstance(content, dict):
        raise ValueError(
            f"{path}: not the arguments of a training. Give its conf.json."
        )
    return content


def _check_model(content: Mapping[str, Any], path: Path, name: str) -> None:
    found = str(content.get("model", name))
    if "backbone" in content:
        raise ValueError(
            f"{path}: describes a panoptic model, which kerasseg does not have. Give a "
            "checkpoint of a semantic model."
        )
    if found in _MODELS[name]:
        return
    ours = [model for model, known in _MODELS.items() if found in known]
    cure = f"Run `kerasseg convert {ours[0]}`" if ours else "kerasseg has no such model"
    raise ValueError(f"{path}: describes the model {found!r}, not {name!r}. {cure}.")


def _numbers(value: Any) -> Any:
    """Read lists as the command line of the training scripts wrote them: "[32, 20]"."""
    if isinstance(value, str):
        return [int(number) for number in re.findall(r"\d+", value)] or None
    return value


def _flags(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Translate the options that Crop2Seg adds."""
    if content.get("num_queries", 1) != 1:
        raise ValueError(
            f"{path}: num_queries {content['num_queries']}. With more than one query "
            "the published model does not run, and kerasseg has one."
        )
    both, day_of_year = content.get("use_abs_rel_enc"), content.get("use_doy")
    return {
        "dates": "both" if both else "day_of_year" if day_of_year else "days",
        "boundary_head": bool(content.get("add_boundary_loss", False)),
    }


def _checked(options: dict[str, Any], path: Path, name: str) -> dict[str, Any]:
    known = {parameter.name for parameter in lookup.signature("model", name).parameters}
    for option, only in _LACKING.items():
        if option not in known and only in (None, options.get(option)):
            options.pop(option, None)
    _, faults = lookup.check("model", name, options, {})
    if faults:
        told = "; ".join(f"{fault.key[0]}: {fault.message}" for fault in faults)
        raise ValueError(f"{path}: {told}")
    return options
