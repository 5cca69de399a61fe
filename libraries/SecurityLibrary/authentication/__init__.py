"""Attacks on sign-ins, tokens and sessions that several probes share, or that are long enough for a file of their own."""
