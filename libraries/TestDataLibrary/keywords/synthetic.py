"""Keywords for people and companies that do not exist."""

from __future__ import annotations

import secrets
from typing import Any

from robot.api import logger
from robotlibcore import keyword

LOCALE = "en_US"


class SyntheticKeywords:
    """Made-up people and companies from a printed seed."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._sources: dict[str, Any] = {}

    @keyword(tags=("testdata",))
    def set_test_data_seed(self, seed: int) -> int | None:
        """Makes the data that follow the same as in every run with this seed; returns the seed that was in use.

        Args:
            seed: A whole number, for example one that an earlier log shows.

        Example:

        ```robotframework
        Set Test Data Seed    42
        ${person} =    Create Person
        ```
        """
        before, self._seed = self._seed, seed
        self._sources.clear()
        return before

    @keyword(tags=("testdata",))
    def create_person(self, locale: str = LOCALE) -> dict[str, str]:
        """Returns a made-up person: first_name, last_name, email, phone, job, city.

        The address is one of ``example.com``, so that nothing can be sent to it.

        Args:
            locale: A locale of Faker such as en_US, de_DE or ja_JP.

        Example:

        ```robotframework
        ${person} =    Create Person    de_DE
        Should Contain    ${person}[email]    @example
        ```
        """
        fake = self._faker(locale)
        first, last = fake.first_name(), fake.last_name()
        return {
            "first_name": first,
            "last_name": last,
            "email": f"{fake.user_name()}@example.com",
            "phone": fake.phone_number(),
            "job": fake.job(),
            "city": fake.city(),
        }

    @keyword(tags=("testdata",))
    def create_company(self, locale: str = LOCALE) -> dict[str, str]:
        """Returns a made-up company that no search can know: name, domain, city, slogan.

        The name ends with characters of its own for each call, so that it never meets a real one.

        Args:
            locale: A locale of Faker such as en_US.

        Example:

        ```robotframework
        ${company} =    Create Company
        ${research} =    Research Company    ${company}[name]
        Get Research Status    ${research}    ==    failed
        ```
        """
        fake = self._faker(locale)
        suffix = fake.hexify("^^^^^^^^")
        return {
            "name": f"{fake.company()} {suffix}",
            "domain": f"{suffix}.example",
            "city": fake.city(),
            "slogan": fake.catch_phrase() if hasattr(fake, "catch_phrase") else fake.bs(),
        }

    def _faker(self, locale: str) -> Any:
        from faker import Faker
        from faker.config import AVAILABLE_LOCALES

        from theodore_qa.errors import unknown

        if self._seed is None:
            self._seed = secrets.randbelow(10**9)
        if locale not in self._sources:
            if locale not in AVAILABLE_LOCALES:
                raise unknown("locale", locale, AVAILABLE_LOCALES)
            source = Faker(locale)
            source.seed_instance(self._seed)
            self._sources[locale] = source
            logger.info(f"Test data seed: {self._seed}")
        return self._sources[locale]
