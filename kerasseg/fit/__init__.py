"""Fit a recipe: train, track, keep the best model, come back after a stop."""

from kerasseg.fit.checkpoint import Interrupted
from kerasseg.fit.job import run
from kerasseg.fit.rehearsal import dry_run

__all__ = ["Interrupted", "dry_run", "run"]
