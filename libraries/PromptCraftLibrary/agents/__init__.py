"""Agents that a platform makes: creations that are followed, and their repositories, manifests and processes."""
