"""What may be operated: candidates that a network finds, and a closer look at each."""
