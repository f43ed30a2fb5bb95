"""Tk programs that tell their own truth: random forms and two small hand-made applications."""
