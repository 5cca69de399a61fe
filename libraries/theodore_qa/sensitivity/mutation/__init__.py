"""Mutants of the sandbox's source, by the operators of libraries that others keep: which tests notice them."""
