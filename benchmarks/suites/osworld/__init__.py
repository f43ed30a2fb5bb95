"""Tasks in OSWorld's file format: read, set up in a sandbox, and checked from outside."""
