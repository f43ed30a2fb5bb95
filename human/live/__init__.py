"""Watching a run as it goes on, in a page through which a person pauses, answers and takes over."""
