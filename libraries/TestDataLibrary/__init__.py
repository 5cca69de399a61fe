"""TestDataLibrary: companies, people and files to test with."""

from __future__ import annotations

from TestDataLibrary.keywords.companies import CompanyKeywords
from TestDataLibrary.keywords.synthetic import SyntheticKeywords
from theodore_qa.library import Library


class TestDataLibrary(Library):
    """Real companies with what is true of them, batches, and made-up people and companies.

    What is true of a company stands in the environment's companies file (``variables/companies.yaml``). Made-up data come
    from a seed that is printed and can be given again, so that a run can be repeated. Files that a test creates are removed
    when it ends.
    """

    __test__ = False

    def __init__(self, seed: int | None = None) -> None:
        """Import without arguments, or with the ``seed`` that an earlier run printed."""
        super().__init__([CompanyKeywords(), SyntheticKeywords(seed)])
