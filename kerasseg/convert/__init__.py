"""Published checkpoints become models of kerasseg, and go back."""
