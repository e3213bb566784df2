"""Log a model so that `mlflow models serve` opens it where nobody knows our layers."""

from pathlib import Path
from typing import Any

from kerasseg.tracking.circumstances import versions


def log(model: Any, dtype: str) -> None:
    """Log a Keras model into MLflow's active run, under the name `model`.

    Args:
        model: A model as `kerasseg.artifact.assemble` makes it.
        dtype: The stored type of the pixels it reads.
    """
    from mlflow.models import Model

    Model.log(
        None,
        _Flavor,
        name="model",
        model=model,
        signature=_signature(model, dtype),
        pip_requirements=_requirements(),
    )


def _signature(model: Any, dtype: str):
    from mlflow.models import ModelSignature
    from mlflow.types import Schema

    answers = model.output if isinstance(model.output, dict) else {None: model.output}
    return ModelSignature(
        Schema([_spec(t, name, dtype) for name, t in model.input.items()]),
        Schema([_spec(t, name, t.dtype) for name, t in answers.items()]),
    )


def _spec(tensor: Any, name: str | None, dtype: str):
    import numpy as np
    from mlflow.types import TensorSpec

    # Days are whole numbers, whatever pixels are stored as.
    kind = dtype if name in (None, "image") else tensor.dtype
    shape = tuple(size if size else -1 for size in tensor.shape)
    return TensorSpec(np.dtype(kind), shape, *([name] if name else []))


def _requirements() -> list[str]:
    """List what a server of the model must install: this very environment's versions.

    Left to itself, MLflow would load the model in another process to find out.
    """
    wanted = ("kerasseg", "keras", "jax", "tensorflow-cpu", "tensorflow", "numpy")
    found = versions()
    return [f"{package}=={found[package]}" for package in wanted if package in found]


class _Flavor:
    """MLflow's flavor `keras`, served by a process that knows our layers."""

    @staticmethod
    def save_model(path: str, mlflow_model: Any, **options: Any) -> None:
        import mlflow

        mlflow.keras.save_model(path=path, mlflow_model=mlflow_model, **options)
        # Written into the model: the package, since its files may be renamed.
        mlflow_model.flavors["python_function"]["loader_module"] = __package__
        mlflow_model.save(Path(path) / "MLmodel")


def _load_pyfunc(path: str) -> Any:
    """Open a logged model for `mlflow models`, which looks for this very name."""
    from mlflow.keras.load import _load_pyfunc as load

    import kerasseg.layers  # noqa: F401  (Keras finds what was imported)

    return load(path)
