"""Attacks on what somebody may do and see, tried on objects and accounts of the scan's own or seen by their owners."""
