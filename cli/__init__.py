"""What a person types. Thin: every command calls one function of a room below."""
