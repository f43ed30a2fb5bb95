"""The embedded reasoner: a small language model that reads a list of what is on the screen."""
