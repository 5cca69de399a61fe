"""Canary companies: web sites with random, invented facts, to see whether a system reads what it says it has read."""
