"""Other people's environments, run beside ours: each in a process of its own, under its own interpreter."""
