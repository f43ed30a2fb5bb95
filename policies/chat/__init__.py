"""Models that are asked over a connection: what they are shown, how they are asked, what they answer."""
