"""Model-based exploration: random sequences of operations, held to a reference model that is written from the contract alone."""
