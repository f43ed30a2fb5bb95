"""The virtual machine: the sandbox that does not share the machine's kernel."""
