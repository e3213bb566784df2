"""Datasets: one file each, with `load(split, root)` and `write_fake(root)`."""

from kerasseg.lazy import attach, modules

__all__ = modules(__path__)
__getattr__ = attach(__name__, __all__)
