"""Keyword components of LoadLibrary, one a topic."""
