"""Map a scene of any size, window by window, with bounded memory."""

from kerasseg.predict.doubts import ResolutionWarning, UnitWarning
from kerasseg.predict.options import Outputs, Summary
from kerasseg.predict.scenes import scene, series, several

__all__ = [
    "Outputs",
    "ResolutionWarning",
    "Summary",
    "UnitWarning",
    "scene",
    "series",
    "several",
]
