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
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    bands, classes = model.inputs[0].shape[-1], model.outputs[0].shape[-1]
    shape = (-1, -1, -1)
    return ModelSignature(
        Schema([TensorSpec(np.dtype(dtype), (*shape, bands), "image")]),
        Schema([TensorSpec(np.dtype("float32"), (*shape, classes))]),
    )


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
