"""What suites have in common whose tasks are put together by chance: goals, their words, their check."""
