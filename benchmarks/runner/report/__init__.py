"""A run's results for people: one self-contained page, or Markdown."""
