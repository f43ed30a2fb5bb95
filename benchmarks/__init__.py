"""How good an agent is and how fast its parts are: suites, runner, tables."""
