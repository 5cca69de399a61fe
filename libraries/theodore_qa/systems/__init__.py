"""The systems under test: their description, who signs in, requests, answers, contract, and what is allowed."""
