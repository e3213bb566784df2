"""The names of encoders, as the options of models and recipes spell them."""

from typing import Annotated, Literal

from pydantic import StringConstraints

Mit = Literal["mit_b0", "mit_b1", "mit_b2", "mit_b3", "mit_b4", "mit_b5"]
"""Mix Transformers, of SegFormer."""

Encoder = Literal[
    "preact_resnet18",
    "preact_resnet34",
    "preact_resnet50",
    "resnet18",
    "resnet34",
    "resnet50",
    "mit_b0",
    "mit_b1",
    "mit_b2",
    "mit_b3",
    "mit_b4",
    "mit_b5",
]
"""All encoders of kerasseg."""

HubPreset = Annotated[str, StringConstraints(pattern="^keras_hub:.+")]
"""A backbone of KerasHub: `keras_hub:`, then a preset or the path of one."""
