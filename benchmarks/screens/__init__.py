"""Screens of real programs with known truth: what stands where, told by the programs themselves."""
