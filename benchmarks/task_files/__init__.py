"""Tasks as files in OSWorld's form: read, set up in a sandbox, and judged by what is there at the end."""
