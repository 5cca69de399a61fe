"""The OWASP categories that several probes share: Top 10 of 2021 and of 2025, API Security Top 10 of 2023."""

from __future__ import annotations

INJECTION = ("A03:2021", "A05:2025")
ACCESS = ("A01:2021", "A01:2025")
AUTHENTICATION = ("A07:2021", "A07:2025", "API2:2023")
MISCONFIGURATION = ("A05:2021", "A02:2025", "API8:2023")
