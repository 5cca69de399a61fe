"""Keyword components of TheodoreLibrary, one a topic."""
