"""The routes of the platform, one module a topic."""
