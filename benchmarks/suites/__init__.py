"""The suites that come with deskhand: each knows its own tasks, and none knows another."""
