"""How well recordings are replayed on desktops that are not as they were."""
