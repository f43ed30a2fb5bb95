"""Pages in a sandboxed Chromium: the harness shows and asks them, oracles act on them as an agent would."""
