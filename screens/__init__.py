"""Screens of real programs with known truth, and the words and looks that a seed draws for them."""
