"""Keywords for known companies and for batch files of them."""

from __future__ import annotations

import csv
import json
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Any

from robotlibcore import keyword

from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.observing.display import plural
from theodore_qa.systems.files import read_yaml


class FileFormat(StrEnum):
    """Formats of a batch file."""

    CSV = "csv"
    JSON = "json"


class CompanyKeywords:
    """Known companies, alone and in batches."""

    def __init__(self) -> None:
        self._known: tuple[Path, list[dict[str, Any]]] | None = None

    @keyword(tags=("testdata",))
    def get_company(self, name: str) -> dict[str, Any]:
        """Returns the true facts of a company: name, domain, website, categories, expected (values by field) and languages.

        Args:
            name: A name from the environment's companies file; case does not matter.

        Raises:
            UsageError: The companies file does not have the company; the error names the nearest one.

        Example:

        ```robotframework
        ${company} =    Get Company    Salesforce
        Should Be Equal    ${company}[domain]    salesforce.com
        ```
        """
        companies = {str(company["name"]).casefold(): company for company in self._companies()}
        if name.casefold() not in companies:
            raise unknown("company", name, [company["name"] for company in companies.values()], self._file().name)
        return companies[name.casefold()]

    @keyword(tags=("testdata",))
    def get_companies_by_category(self, category: str) -> list[dict[str, Any]]:
        """Returns all companies of a category.

        Args:
            category: A category, such as enterprise_saas, fintech, startup, international or non_existent.

        Example:

        ```robotframework
        ${companies} =    Get Companies By Category    fintech
        Should Not Be Empty    ${companies}
        ```
        """
        found = [company for company in self._companies() if category in company.get("categories", [])]
        if not found:
            known = {name for company in self._companies() for name in company.get("categories", [])}
            raise unknown("category", category, known, self._file().name)
        return found

    @keyword(tags=("data",))
    def get_all_companies(self) -> list[dict[str, Any]]:
        """Returns the true facts of all companies in the companies file, including those that do not exist.

        Returns:
            A list of dictionaries, each as `Get Company` returns it.

        Example:

        ```robotframework
        ${truths} =    Get All Companies
        ${discovery} =    Discover Similar Companies    Stripe
        Companies Found Should Be Described Rightly    ${discovery}    truths=${truths}
        ```
        """
        return self._companies()

    @keyword(tags=("testdata",))
    def get_similar_companies(self, name: str) -> list[str]:
        """Returns the names of the companies that are truly similar to one: the others of its group.

        Args:
            name: A company that belongs to a group in the environment's companies file.

        Raises:
            UsageError: The company belongs to no group.

        Example:

        ```robotframework
        ${names} =    Get Similar Companies    Stripe
        Should Contain    ${names}    Adyen
        ```
        """
        company = self.get_company(name)
        group = company.get("group")
        if not group:
            raise UsageError(f"The company {company['name']} belongs to no group in {self._file().name}.")
        return [
            str(other["name"]) for other in self._companies() if other.get("group") == group and other["name"] != company["name"]
        ]

    @keyword(tags=("testdata",))
    def create_company_batch(self, size: int, *categories: str) -> list[str]:
        """Returns ``size`` company names. They repeat if there are too few.

        Args:
            size: The number of names, from 1 to 10000 as the contract allows in a batch.
            categories: The categories to choose from; by default all companies that exist.

        Example:

        ```robotframework
        ${names} =    Create Company Batch    10    fintech    enterprise_saas
        Length Should Be    ${names}    10
        ```
        """
        if not 1 <= size <= 10_000:  # noqa: PLR2004  # the contract's limit
            raise UsageError(f"A batch of {plural(size, 'company')} cannot be made: the contract allows 1 to 10000.")
        chosen = [company for category in categories for company in self.get_companies_by_category(category)]
        if not categories:
            chosen = [company for company in self._companies() if company.get("exists", True)]
        names = list(dict.fromkeys(str(company["name"]) for company in chosen))
        return [names[index % len(names)] for index in range(size)]

    @keyword(tags=("testdata",))
    def create_company_file(self, companies: list[Any], format: FileFormat = FileFormat.CSV) -> str:  # noqa: A002  # the word that testers know
        """Writes companies into a batch file and returns its path. The file is removed when the test ends.

        Args:
            companies: Names, or dictionaries with name and what else is known, such as website, industry and location.
            format: csv (a column for each name in the dictionaries) or json (a list of objects); csv by default.

        Example:

        ```robotframework
        ${names} =    Create Company Batch    3
        ${path} =    Create Company File    ${names}    json
        ```
        """
        folder = Path(builtin().get_variable_value("${OUTPUT DIR}", ".")) / "testdata"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [{"name": company} if isinstance(company, str) else dict(company) for company in companies]
        path = folder / f"companies-{secrets.token_hex(6)}.{format}"
        context.at_test_end(f"the file {path.name}", lambda: path.unlink(missing_ok=True))
        with path.open("w", encoding="utf-8", newline="") as file:
            if format is FileFormat.JSON:
                json.dump(rows, file, ensure_ascii=False)
            else:
                writer = csv.DictWriter(file, list(dict.fromkeys(["name", *(column for row in rows for column in row)])))
                writer.writeheader()
                writer.writerows(rows)
        return str(path)

    def _file(self) -> Path:
        path = context.environment.companies
        if path is None:
            raise UsageError(
                f"The companies of {context.environment.path.name} are missing: name a file by its entry 'companies'."
            )
        return path

    def _companies(self) -> list[dict[str, Any]]:
        path = self._file()
        if self._known is None or self._known[0] != path:
            listed = read_yaml(path).get("companies")
            if not isinstance(listed, list) or not all(isinstance(entry, dict) and entry.get("name") for entry in listed):
                raise UsageError(f"The file {path} has no list 'companies' of entries with a name.")
            self._known = path, listed
        return self._known[1]
