"""Where actions happen: the lightbox, and the guest server that runs inside it. Knows not why."""
