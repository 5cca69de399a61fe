"""How similar two companies are, in named factors, and which companies a request's filters let through."""

from __future__ import annotations

import math
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects

if TYPE_CHECKING:
    from theodore_sandbox.theodore.discovery_models import DiscoveryFilters

WEIGHTS = {"content": 0.7, "industry": 0.2, "business_model": 0.1}
UNKNOWN = "unknown"


def factors(target: dict[str, Any], vector: list[float], other: dict[str, Any], other_vector: list[float]) -> dict[str, float]:
    """The factors of the similarity, each between 0 and 1."""
    target, other = _known(target), _known(other)
    size = math.hypot(*vector) * math.hypot(*other_vector)
    cosine = sum(a * b for a, b in zip(vector, other_vector, strict=True)) / size if size else 0.0
    same = {
        name: float(bool(target.get(name)) and target.get(name) == other.get(name)) for name in ("industry", "business_model")
    }
    return {"content": round(min(1.0, max(0.0, cosine)), 4), **same}


def _known(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the values that say that nothing is known."""
    return {name: value for name, value in record.items() if value != UNKNOWN}


def score(parts: dict[str, float]) -> float:
    """The weighted mean of the factors."""
    return round(sum(WEIGHTS[name] * value for name, value in parts.items()), 4)


def reasons(target: dict[str, Any], other: dict[str, Any], parts: dict[str, float]) -> list[str]:
    """The reasons for the match."""
    found = [f"{name.replace('_', ' ')}: both {target[name]}" for name in ("industry", "business_model") if parts[name]]
    if other["name"] in (target.get("competitors") or []):
        found.append(f"{target['name']} names it as a competitor")
    return [*found, f"content: {parts['content']:.0%} alike"]


def explanation(target: dict[str, Any], other: dict[str, Any], parts: dict[str, float]) -> str:
    """The similarity in one sentence."""
    other_name = target["name"] if defects.on("explanation-mixed-up") else other["name"]
    return f"{other_name} resembles {target['name']} ({score(parts):.0%}): {'; '.join(reasons(target, other, parts))}."


def matches_filters(filters: DiscoveryFilters, target: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a company is what the filters ask for; an unknown value is not."""
    text = " ".join(str(value) for value in other.values()).casefold()
    names = {str(name).casefold() for name in filters.exclude_companies or []}
    if filters.exclude_competitors:
        names |= {str(name).casefold() for name in target.get("competitors") or []}
    locations = f"{other.get('headquarters')} {other.get('locations')}".casefold()
    return (
        _among(other, "business_model", filters.business_model)
        and (_among(other, "company_size", filters.company_size) or defects.on("filter-ignored"))
        and _among(other, "tech_sophistication", filters.tech_sophistication)
        and _among(other, "industry", filters.industry)
        and (not filters.location or any(location.casefold() in locations for location in filters.location))
        and _between(other.get("founded_year"), filters.founded_after, filters.founded_before)
        and _between(other.get("employee_count"), filters.min_employees, filters.max_employees)
        and other["name"].casefold() not in names
        and all(word.casefold() in text for word in filters.include_keywords or [])
        and not any(word.casefold() in text for word in filters.exclude_keywords or [])
    )


def applied(filters: DiscoveryFilters) -> list[dict[str, Any]]:
    """The filters of a request, in the form of the contract."""
    operators = {"founded_after": ">=", "founded_before": "<=", "min_employees": ">=", "max_employees": "<="}
    given = filters.model_dump(mode="json", exclude_none=True)
    return [
        {
            "field": name,
            "operator": operators.get(name, "not in" if name.startswith("exclude") else "in"),
            "value": value,
            "applied": True,
        }
        for name, value in given.items()
    ]


def _among(record: dict[str, Any], name: str, allowed: list[Any] | None) -> bool:
    return not allowed or record.get(name) in [str(value) for value in allowed]


def _between(value: int | None, least: int | None, most: int | None) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value <= most)
