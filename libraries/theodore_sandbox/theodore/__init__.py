"""The embedded Theodore: its API and the work behind it."""
