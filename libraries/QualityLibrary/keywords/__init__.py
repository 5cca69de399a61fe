"""Keyword components of QualityLibrary, one a topic."""
