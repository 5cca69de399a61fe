"""Keywords for synthetic people and companies."""

from __future__ import annotations

import secrets
from typing import Any

from robot.api import logger
from robotlibcore import keyword

LOCALE = "en_US"


class SyntheticKeywords:
    """Synthetic people and companies from a seed, which the log shows."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._sources: dict[str, Any] = {}

    @keyword(tags=("testdata",))
    def set_test_data_seed(self, seed: int) -> int | None:
        """Sets the seed of synthetic data, so that every run with this seed has the same; returns the former seed.

        Args:
            seed: A whole number, such as the one in an earlier log. It holds until it is set again.

        Returns:
            The former seed; None if none had been set or drawn.

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
        """Returns a synthetic person: first_name, last_name, email, phone, job and city.

        The e-mail address is in ``example.com``, so that no mail reaches anybody.

        Args:
            locale: A locale of Faker, such as de_DE or ja_JP; en_US by default.

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
        """Returns a synthetic company that no search can know: name, domain, city and slogan.

        The name ends with random characters, so that it is never that of a real company.

        Args:
            locale: A locale of Faker, such as de_DE; en_US by default.

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
