"""kerasseg: satellite images and their time series to maps, with Keras 3.

The parts are plain modules: `kerasseg.models.fpn.build(...)`,
`kerasseg.datasets.landcoverai.load(...)`, `kerasseg.losses.focal_jaccard(...)`. They
load on first use, so that `import kerasseg` opens neither Keras nor a backend.
"""

from kerasseg.lazy import attach

__version__ = "0.1.0"

__all__ = [
    "artifact",
    "augment",
    "backend",
    "datasets",
    "doctor",
    "encoders",
    "evaluate",
    "fit",
    "legend",
    "lookup",
    "losses",
    "metrics",
    "models",
    "pipeline",
    "predict",
    "prepare",
    "raster",
    "recipe",
    "report",
    "sample",
    "scores",
    "tracking",
    "validate",
    "weights",
]

__getattr__ = attach(__name__, __all__)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
