"""Keyword components of SecurityLibrary, one a topic."""
