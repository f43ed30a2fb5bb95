"""Chrome as OSWorld's tasks use it: its program, its profile on the disk, and its tabs."""
