"""One list of what is on a screen, out of what was read, found and reported by programs."""
