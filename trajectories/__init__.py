"""What happened: the log of a run, its reader and its repair. Knows not who decided."""
