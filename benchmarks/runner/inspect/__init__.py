"""The suites as tasks of inspect-ai: its runner, viewer and models, our loop, sandboxes and checks."""
