"""Whether a trajectory is whole, and copies of what can be kept of it."""
