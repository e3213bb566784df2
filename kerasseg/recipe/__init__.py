"""A recipe: all that decides a training run, in one YAML file."""

from kerasseg.recipe.parts import (
    VERSION,
    Choice,
    Constant,
    Cosine,
    Pipeline,
    Plateau,
    Recipe,
    Tracking,
    Training,
)
from kerasseg.recipe.reading import RecipeError, dumps, read
from kerasseg.recipe.schema import schema

__all__ = [
    "VERSION",
    "Choice",
    "Constant",
    "Cosine",
    "Pipeline",
    "Plateau",
    "Recipe",
    "RecipeError",
    "Tracking",
    "Training",
    "dumps",
    "read",
    "schema",
]
