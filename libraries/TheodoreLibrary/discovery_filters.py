"""Which companies the filters of a discovery let through, and whether its results are those."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from TheodoreLibrary import discovery_checks

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks


def filtered(checks: Checks, filters: dict[str, Any], results: list[dict[str, Any]], without: list[dict[str, Any]]) -> None:
    """Every result passes the filters, no result that passes them is missing, and they exclude something.

    ``without`` are the results of the same discovery without filters: they show what the filters should keep and exclude.
    """
    wrong = [discovery_checks.name_of(result) for result in results if not lets_through(filters, result.get("company") or {})]
    checks.that(
        "discovery.filters",
        not wrong,
        _conditions(filters),
        f"other results: {', '.join(wrong)}" if wrong else f"{len(results)} of {len(results)} results",
        n=len(results),
    )
    due = [discovery_checks.name_of(result) for result in without if lets_through(filters, result.get("company") or {})]
    missing = sorted(set(due) - set(discovery_checks.names(results)))
    if due:
        checks.that(
            "discovery.filters_keep",
            not missing,
            f"each of the {len(due)} results that the filters let through",
            f"missing: {', '.join(missing)}" if missing else f"{len(due)} of {len(due)} results",
            n=len(without),
        )
    else:
        checks.not_evaluated(
            "discovery.filters_keep",
            "at least 1 result that the filters let through",
            f"{len(without)} of {len(without)} results are excluded",
        )
    excluded_count = len(without) - len(due)
    if not excluded_count:
        checks.not_evaluated(
            "discovery.filters_tried",
            "at least 1 result that the filters exclude",
            f"{len(without)} of {len(without)} results pass the filters",
        )
        return
    observed = f"{excluded_count} excluded"
    checks.that("discovery.filters_tried", True, "at least 1 result that the filters exclude", observed, n=len(without))


def _conditions(filters: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in filters.items())


def lets_through(filters: dict[str, Any], company: dict[str, Any]) -> bool:
    """Whether a company passes the contract's filters. A field without a value passes none."""
    return all(_FILTERS[name](company, value) for name, value in filters.items() if name in _FILTERS)


def _one_of(field: str) -> Any:
    return lambda company, allowed: company.get(field) in allowed


def _at_least(field: str) -> Any:
    return lambda company, least: isinstance(company.get(field), int) and company[field] >= least


def _at_most(field: str) -> Any:
    return lambda company, most: isinstance(company.get(field), int) and company[field] <= most


def _located(company: dict[str, Any], locations: list[str]) -> bool:
    text = f"{company.get('headquarters')} {company.get('locations')}".casefold()
    return any(location.casefold() in text for location in locations)


def _mentions(company: dict[str, Any], words: list[str]) -> list[bool]:
    text = " ".join(str(value) for value in company.values()).casefold()
    return [word.casefold() in text for word in words]


_FILTERS: dict[str, Any] = {
    "business_model": _one_of("business_model"),
    "company_size": _one_of("company_size"),
    "tech_sophistication": _one_of("tech_sophistication"),
    "industry": _one_of("industry"),
    "location": _located,
    "founded_after": _at_least("founded_year"),
    "founded_before": _at_most("founded_year"),
    "min_employees": _at_least("employee_count"),
    "max_employees": _at_most("employee_count"),
    "exclude_companies": lambda company, names: str(company.get("name")).casefold() not in {name.casefold() for name in names},
    "include_keywords": lambda company, words: all(_mentions(company, words)),
    "exclude_keywords": lambda company, words: not any(_mentions(company, words)),
}
FILTERS = (*_FILTERS, "exclude_competitors")
LISTS = (
    "business_model",
    "company_size",
    "tech_sophistication",
    "industry",
    "location",
    "exclude_companies",
    "include_keywords",
    "exclude_keywords",
)
