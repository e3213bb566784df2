"""Bricks that Keras does not have: one idea per file.

Importing this package is enough for Keras to load any saved model of kerasseg.
"""

from kerasseg.layers import (
    bands,
    classes,
    convolution,
    padding,
    pooling,
    resize,
)

__all__ = ["bands", "classes", "convolution", "padding", "pooling", "resize"]
