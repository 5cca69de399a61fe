"""Whether an API agrees with itself: what was written is read back everywhere, and what was deleted is gone everywhere."""
