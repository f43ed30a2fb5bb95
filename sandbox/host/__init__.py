"""The machine's real desktop: driven only when a person allows it, and stopped by one chord of theirs."""
