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
    dilated_blocks,
    frame_norm,
    frames,
    mean_over_dates,
    normalized_difference,
    padding,
    pooling,
    rematerialized,
    resize,
    sample_norm,
    strided_blocks,
    temporal_aggregation,
    temporal_attention,
    temporal_transformer,
)

__all__ = [
    "bands",
    "batch_norm",
    "border",
    "classes",
    "convolution",
    "dates",
    "dilated_blocks",
    "frame_norm",
    "frames",
    "mean_over_dates",
    "normalized_difference",
    "padding",
    "pooling",
    "rematerialized",
    "resize",
    "sample_norm",
    "strided_blocks",
    "temporal_aggregation",
    "temporal_attention",
    "temporal_transformer",
]
