"""A trajectory as one self-contained HTML page, for people to look at."""
