"""Reading: lines of text, the words in them, and whether two texts are one."""
