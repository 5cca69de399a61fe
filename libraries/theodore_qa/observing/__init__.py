"""What is observed on a system under test: records, checks, evidence, and where the values of a test come from."""

from theodore_qa.deferring import defer_modules

defer_modules("theodore_qa.observing")
