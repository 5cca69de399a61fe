"""The keywords of PromptCraftLibrary, one component a topic."""
