"""The systems under test: their description, who signs in, requests, answers, contract, and what is allowed."""

from theodore_qa.deferring import defer_modules

defer_modules("theodore_qa.systems")
