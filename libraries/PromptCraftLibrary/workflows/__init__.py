"""Workflows: started, followed, decided on, and compared with what the orchestrator was asked to do."""
