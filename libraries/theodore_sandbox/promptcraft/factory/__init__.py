"""The agent factory: from a specification to a repository, a manifest at the registry and a place at the orchestrator."""
