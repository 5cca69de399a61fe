"""TestDataLibrary: companies, canaries, people, executions and files to test with."""

from __future__ import annotations

from TestDataLibrary.keywords.canaries import CanaryKeywords
from TestDataLibrary.keywords.companies import CompanyKeywords
from TestDataLibrary.keywords.executions import ExecutionKeywords
from TestDataLibrary.keywords.synthetic import SyntheticKeywords
from theodore_qa.library import Library


class TestDataLibrary(Library):
    """Known companies with their true facts, canary companies, batch files, and synthetic people and companies.

    The true facts stand in the environment's companies file (``variables/companies.yaml``). Synthetic data come from a seed
    that the log shows, so that a run can be repeated. Files that a test creates are removed when it ends.
    """

    __test__ = False

    def __init__(self, seed: int | None = None) -> None:
        """Import without arguments, or with the ``seed`` that an earlier run printed."""
        super().__init__([CompanyKeywords(), CanaryKeywords(), ExecutionKeywords(), SyntheticKeywords(seed)])
