"""Promises of a system with the dimensions in which they hold, and which of their cells a run has observed."""
