"""Findings: what they say, the verdict on them, which ones are accepted, and how they are kept."""
