"""Finding again what was seen on an earlier screen."""
