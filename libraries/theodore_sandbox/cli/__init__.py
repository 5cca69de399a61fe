"""Theodore's own command line, a client of its HTTP API: ``python -m theodore_sandbox.cli``."""
