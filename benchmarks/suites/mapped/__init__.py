"""Tasks on any application that was explored: drawn from its map, checked by what the screen shows."""
