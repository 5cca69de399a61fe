"""Keyword components of TestDataLibrary, one a topic."""
