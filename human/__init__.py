"""The person at the desk: what they do is recorded, and later they watch a run and take over."""
