"""The objects of a system: their identifiers, whose they are, and what reads, makes and replaces them."""
