"""The checks of ``check_sandbox``, by what they are about."""
