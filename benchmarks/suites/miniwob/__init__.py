"""The miniwob suite: the tasks of MiniWoB++ on a real screen, by screenshot and X events alone."""
