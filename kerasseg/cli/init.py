"""`kerasseg init`: a first recipe for a folder of images and labels."""

from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer
import yaml

from kerasseg.files import write_whole


def init(
    images: Annotated[str, typer.Argument(help="A folder or pattern of images.")],
    labels: Annotated[str, typer.Argument(help="The same for their label rasters.")],
    legend: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The legend, where there is one already."),
    ] = None,
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="The recipe to write.")
    ] = Path("recipe.yaml"),
) -> None:
    """Look at images and labels, and write a recipe and a legend to begin with."""
    from kerasseg.prepare.draft import draft

    seen = draft(images, labels)
    drafted = output.with_name(f"{output.stem}_legend.yaml")
    texts = {output: _recipe(seen, images, labels, legend or drafted, output)}
    if legend is None:
        texts[drafted] = _legend(seen)
    else:
        from kerasseg.legend import read

        read(legend)
    for path in texts:
        if path.exists():
            raise FileExistsError(f"{path} is there already. Choose another --output.")
    schema = output.with_name("schema.json")
    if not schema.exists():
        from kerasseg.cli.schema import dumps

        texts[schema] = dumps()
    for path, text in texts.items():
        write_whole(path, text)
        typer.echo(f"wrote {path}")
    typer.echo("Name the classes in the legend, then follow the head of the recipe.")


def _recipe(seen: Any, images: str, labels: str, legend: Path, output: Path) -> str:
    patches = output.with_name("patches")
    many = f"{len(seen.bands)} bands ({', '.join(seen.bands)}), {seen.dtype}"
    return _RECIPE.format(
        scenes=f"{seen.scenes} scene{'s' * (seen.scenes != 1)}",
        bands=many,
        classes=seen.legend.num_classes,
        prepare=" ".join(
            quote(str(part)) for part in (images, labels, legend, patches)
        ),
        # Fewer scenes than splits: blocks of them are shared out.
        split=" --split block --block 2" if seen.scenes < 3 else "",
        output=quote(str(output)),
    )


def _legend(seen: Any) -> str:
    head = [f"# The classes, by {_WORDS[seen.coding]} of the labels. Give them names."]
    if not seen.complete:
        head.append("# Not every pixel was looked at: there may be more.")
    head.append("# Move to `ignored` what is neither to be learnt nor scored.")
    content = seen.legend.to_dict()
    if seen.coding == "color":
        for entry in content["classes"]:
            del entry["codes"]
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None)
    return "\n".join([*head, text])


_WORDS = {"color": "colour", "value": "value"}

_RECIPE = """\
# yaml-language-server: $schema=schema.json
#
# {scenes} of {bands}; {classes} classes.
#
#     kerasseg prepare patches {prepare}{split}
#     kerasseg fit {output}

version: 1
seed: 1
backend: jax                  # or tensorflow

data:
  name: patches
  root: patches               # what `prepare patches` wrote; counts from this file

model:
  name: fpn                   # see `kerasseg list models --options`
  encoder: resnet18

augment:                      # see `kerasseg list augments --options`
  - flip
  - quarter_turn

loss: focal_jaccard           # with classes of few pixels: class_weights: inverse

training:
  epochs: 20
  batch_size: 16              # halve it if memory does not suffice
  learning_rate: 1e-3
  schedule: {{name: cosine, warmup_epochs: 1}}
  monitor: val_mean_iou       # the score that decides which weights are kept
  early_stopping: 8
"""
