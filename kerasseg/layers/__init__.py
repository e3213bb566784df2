"""Bricks that Keras does not have: one idea per file.

Importing this package is enough for Keras to load any saved model of kerasseg.
"""

from kerasseg.layers import (
    bands,
    batch_norm,
    border,
    classes,
    convolution,
    dates,
    frame_norm,
    frames,
    normalized_difference,
    padding,
    pooling,
    rematerialized,
    resize,
    temporal_aggregation,
    temporal_attention,
)

__all__ = [
    "bands",
    "batch_norm",
    "border",
    "classes",
    "convolution",
    "dates",
    "frame_norm",
    "frames",
    "normalized_difference",
    "padding",
    "pooling",
    "rematerialized",
    "resize",
    "temporal_aggregation",
    "temporal_attention",
]
