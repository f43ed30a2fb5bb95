"""What is found is compared with what is expected: one module a kind of file."""
