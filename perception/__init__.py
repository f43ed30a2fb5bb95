"""What is on the screen: capture, settle, difference, text elements. Knows not where it came from."""
