"""Usage analytics: executions in the store, the figures over them, groups of users, recommendations, and a cache."""
