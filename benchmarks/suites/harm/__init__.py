"""harm: everyday wishes, questions and impossible tasks, and what was changed without being asked for."""
