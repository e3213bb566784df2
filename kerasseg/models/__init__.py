"""Models a recipe can name: each file has one function, `build`.

`model: unet` in a recipe means `kerasseg.models.unet.build`; the options of the recipe
are its keyword arguments.
"""

from kerasseg.lazy import attach, modules

__all__ = modules(__path__)
__getattr__ = attach(__name__, __all__)
