"""What is observed on a system under test: records, checks, evidence, and where the values of a test come from."""
