"""Trajectories in the formats of others, and in those that people look at; ``catalogue`` lists them."""
