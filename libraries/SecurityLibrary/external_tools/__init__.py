"""Other tools: scanners that are run, their reports, TLS, and advisories on components."""
