"""The task families of the desk suite: one OSWorld task file each."""
