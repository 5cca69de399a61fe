"""Tests that take longest begin first: none of them runs alone at the end while other processes wait."""

from __future__ import annotations

LONGEST = ("test_examples", "test_wheel", "test_whole_run", "test_promptcraft_failures", "test_plain_installation")


def pytest_collection_modifyitems(items):
    """Put the tests of the longest files first, and leave the others in their order."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(LONGEST)))
