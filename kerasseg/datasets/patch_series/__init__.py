"""Patches of time series as PASTIS stores them: one `.npy` of frames, one of labels.

Images are memory-mapped: a sample is a view of its file, whose bytes are read where a
batch is filled, or never, if a crop leaves them out. Nothing is ever unpickled.
"""

from kerasseg.datasets.patch_series.dataset import Patch, PatchSeries
from kerasseg.datasets.patch_series.missing import check_files
from kerasseg.datasets.patch_series.norm import Norm, read_norms

__all__ = ["Norm", "Patch", "PatchSeries", "check_files", "read_norms"]
