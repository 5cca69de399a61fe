"""Keyword components of ApiLibrary, one a topic."""
