"""Keyword components of ChaosLibrary, one a topic."""
