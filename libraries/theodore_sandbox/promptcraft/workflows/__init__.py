"""Workflows: steps that the orchestrator carries out in order, some of them after somebody's approval."""
