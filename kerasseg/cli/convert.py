"""`kerasseg convert`: published checkpoints to models, and back."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from kerasseg.cli.arguments import BackendOption

app = typer.Typer(
    name="convert",
    help="Convert published checkpoints: `kerasseg convert utae`; and back: `torch`. "
    "`segformer` does both.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


class Padding(StrEnum):
    """What padded dates do."""

    IGNORED = "ignored"
    PUBLISHED = "published"


class Names(StrEnum):
    """Whose code is to load the tensors."""

    UTAE_PAPS = "utae-paps"
    CROP2SEG = "crop2seg"


def _command(name: str, title: str, origin: str) -> Callable:
    def convert(
        checkpoint: Annotated[
            Path, typer.Argument(help="The `model.pth.tar`, or a `.safetensors`.")
        ],
        conf: Annotated[Path, typer.Argument(help="The `conf.json` of its training.")],
        model: Annotated[Path, typer.Argument(help="The .keras file to write.")],
        norm: Annotated[
            Path | None,
            typer.Option(
                help="The `NORM_S2_patch.json` of its data, so that the model reads "
                "stored pixels. Without it, it reads normalised ones."
            ),
        ] = None,
        fold: Annotated[
            int | None,
            typer.Option(
                min=1, max=5, help="The K of its folder Fold_K; by default as in CONF."
            ),
        ] = None,
        padding: Annotated[
            Padding,
            typer.Option(
                help="`published`: padded dates change the answer as they do in the "
                "published code."
            ),
        ] = Padding.IGNORED,
        backend: BackendOption = None,
    ) -> None:
        from kerasseg.cli import running

        running.choose_backend(None, backend)

        from kerasseg.convert import checkpoint as job

        done = job.run(
            name, checkpoint, conf, model, norm=norm, fold=fold, padding=padding.value
        )
        _print(done, "the saved file answers as the model")

    convert.__doc__ = f"Convert a {title} that {origin} trained."
    return convert


for _name, _title, _origin in (
    ("utae", "U-TAE", "utae-paps or Crop2Seg"),
    ("wtae", "W-TAE", "Crop2Seg"),
    ("timeunet", "Time-Unet", "Crop2Seg"),
    ("stenn", "STENN", "stenn-pytorch"),
):
    app.command(_name)(_command(_name, _title, _origin))


@app.command()
def segformer(
    source: Annotated[
        Path,
        typer.Argument(
            help="The folder of a checkpoint, with `config.json` and "
            "`model.safetensors`; or a .keras file, to write such a folder."
        ),
    ],
    destination: Annotated[
        Path, typer.Argument(help="The .keras file to write; or the folder to make.")
    ],
    backend: BackendOption = None,
) -> None:
    """Convert a SegFormer of Hugging Face; or write one, from a .keras file."""
    from kerasseg.cli import running

    running.choose_backend(None, backend)

    from kerasseg.convert import segformer as job

    if source.suffix == ".keras":
        done = job.back(source, destination)
        _print(done, "the folder read again answers as the model")
    else:
        done = job.run(source, destination)
        _print(done, "the saved file answers as the model")


@app.command()
def torch(
    model: Annotated[Path, typer.Argument(help="The .keras file.")],
    checkpoint: Annotated[
        Path, typer.Argument(help="The file that `torch.load` is to read.")
    ],
    names: Annotated[
        Names | None,
        typer.Option(help="Whose code is to load it; by default as the model's."),
    ] = None,
    backend: BackendOption = None,
) -> None:
    """Write the weights of a model as the published code loads them."""
    from kerasseg.cli import running

    running.choose_backend(None, backend)

    from kerasseg.convert import checkpoint as job

    done = job.back(model, checkpoint, names.value if names else None)
    _print(done, "under `state_dict`")


def _print(done: Any, note: str) -> None:
    typer.echo(
        f"{done.destination}: {done.num_tensors} tensors, "
        f"none left over, {done.num_parameters:,} trainable parameters; {note}"
    )
