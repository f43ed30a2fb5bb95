"""Programs that run inside a sandbox, under its own python3, for screens whose truth is to be known."""
