"""Alerts: who is notified of regressions and failed gates, and how; none of it changes a verdict."""
