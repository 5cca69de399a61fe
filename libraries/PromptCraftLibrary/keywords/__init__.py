"""Keyword components of PromptCraftLibrary, one a topic."""
