"""The computer tools of hosted models: Anthropic's toolset, OpenAI's computer, Gemini's computer use."""
