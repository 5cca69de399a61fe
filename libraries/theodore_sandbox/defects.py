"""The defects that the sandbox can be given: plausible mistakes at the place where a developer would make them.

Each is off by default and switched at run time through the control port. ``check`` is the observation that must turn FAIL
when the defect is on; tests that carry none of the ``areas`` must stay green.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Defect:
    """One switch: its name, what goes wrong and when, the check that catches it and the areas that it may touch."""

    name: str
    what: str
    check: str
    areas: tuple[str, ...]


DEFECTS: dict[str, Defect] = {
    defect.name: defect
    for defect in (
        Defect(
            "wrong-industry",
            "The industry is looked up one row off in the table of categories, for any company that was found.",
            "quality.accuracy.industry",
            ("research",),
        ),
        Defect(
            "invented-company",
            "A company that no search finds gets a guessed domain and a record made of its name.",
            "research.not_found",
            ("not-found",),
        ),
        Defect(
            "completed-without-data",
            "An analysis is dropped and the job is completed all the same, with the name alone.",
            "research.has_data",
            ("research", "data"),
        ),
        Defect(
            "mixed-pages",
            "The page cache forgets the host: from the second research on, pages of the first company are analysed.",
            "research.pages_of_one_company",
            ("research",),
        ),
        Defect(
            "progress-backwards",
            "The analysis phase counts its percentage from zero again.",
            "research.progress_monotonic",
            ("lifecycle",),
        ),
        Defect(
            "cancel-ignored",
            "A cancelled job is marked as cancelled while its work goes on.",
            "research.cancel_stops_calls",
            ("cancel",),
        ),
        Defect(
            "lost-languages",
            "Page texts are cut down to ASCII before they are analysed.",
            "research.languages",
            ("research",),
        ),
        Defect(
            "stale-result",
            "A cache by user hands out the result of that user's previous research.",
            "research.result_names_company",
            ("research",),
        ),
        Defect(
            "constant-confidence",
            "The confidence score is a constant for every company.",
            "research.confidence_distinguishes",
            ("confidence",),
        ),
        Defect(
            "token-after-logout",
            "Log-out answers as usual but does not revoke the token.",
            "session.token_revoked",
            ("session",),
        ),
        Defect(
            "error-in-200",
            "Errors of the research routes are sent with status 200.",
            "api.error_status",
            ("error-shape", "lifecycle", "cancel"),
        ),
        Defect(
            "job-lost",
            "A finished job is dropped from the store and is not found when it is asked for again.",
            "research.job_found_again",
            ("lifecycle", "raw-api"),
        ),
    )
}

_on: set[str] = set()


def on(name: str) -> bool:
    """Whether the defect ``name`` is switched on."""
    if name not in DEFECTS:
        raise KeyError(name)
    return name in _on


def switch(names: list[str]) -> None:
    """Switch exactly ``names`` on and all others off; an unknown name raises ``ValueError``."""
    if unknown := sorted(set(names) - set(DEFECTS)):
        raise ValueError(f"There is no defect {unknown[0]!r}; the defects are {', '.join(DEFECTS)}.")
    _on.clear()
    _on.update(names)


def listing() -> list[dict[str, object]]:
    """All defects with whether they are on, as plain data."""
    return [asdict(defect) | {"on": defect.name in _on} for defect in DEFECTS.values()]
