"""The person at the desk."""
