"""desk: short tasks on real Debian applications, each checked by what it left behind."""
