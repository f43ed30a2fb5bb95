"""What is known of an application: maps that were made by exploring it, and that any policy may read."""
