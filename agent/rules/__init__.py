"""What an agent may do by itself, what it asks for, and what it may not: rules before every action."""
