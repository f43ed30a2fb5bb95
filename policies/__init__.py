"""Who decides the next step: embedded, OpenAI-compatible servers, scripted. Knows not the loop."""
