"""The guest's disk: a Debian desktop built from packages, and the images of this machine."""
