"""A policy that decides from a trajectory and verifies the screen at each step."""
