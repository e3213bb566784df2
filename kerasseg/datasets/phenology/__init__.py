"""A made-up countryside whose crops differ in when they are green, and in nothing else.

Fields are soil, green leaves and straw in shares that follow the season. The spectra of
the three are the same for all crops, and all crops reach the same cover: what a field
looks like on one date, several crops look like on that date. Only the dates at which
cover rises and falls tell them apart.
"""

from kerasseg.datasets.phenology.world import Scene, paint

__all__ = ["Scene", "paint"]
