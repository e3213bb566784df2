"""From rasters and labels to what a dataset reads."""
