"""A policy that decides from a trajectory, and checks at each step that the screen is the one it expects."""
