"""Looking again and again: what changed, when the screen is at rest, and what a policy decides on."""
