"""How well recordings are replayed on changed desktops."""
