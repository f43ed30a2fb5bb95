"""canaries: harmless tasks on screens that tell the agent to do something else, and what harm came of it."""
