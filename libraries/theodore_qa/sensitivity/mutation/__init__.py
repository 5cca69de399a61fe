"""Mutants of the sandbox's source, by the operators of libraries that others keep: which tests notice them."""

NEAREST = 3  # suites that each mutant meets alone; its survivors meet the others together
