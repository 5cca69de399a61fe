"""Figures of analytics recomputed from executions: read, counted, compared with what a system reports."""
