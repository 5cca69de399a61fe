"""The defects of work that was not done, or was done for somebody else."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

WORK = (
    Defect(
        "pages-cached-for-a-day",
        "Pages are kept by their address, so that a research answers from what they said yesterday.",
        "canary.stale",
        "canary_research",
        ("canaries", "clients", "research", "lifecycle", "streams", "ai", "ai-answers", "discovery", "tenants", "dependencies"),
    ),
    Defect(
        "facts-of-a-namesake",
        "Facts are cached by the company's name, whichever tenant asks and whichever site it names.",
        "canary.leak",
        "canary_research",
        ("canaries", "clients"),
    ),
    Defect(
        "employees-estimated",
        "Where no page states the number of employees, a usual number is filled in.",
        "canary.invented",
        "canary_research",
        ("canaries", "clients", "research", "ai", "ai-answers", "data", "discovery", "industry"),
    ),
    Defect(
        "site-not-read",
        "The analysis gets the name of the site instead of its pages.",
        "canary.visited",
        "canary_research",
        (
            "canaries",
            "clients",
            "research",
            "data",
            "industry",
            "confidence",
            "lifecycle",
            "streams",
            "ai",
            "ai-answers",
            "discovery",
            "tenants",
            "contract",
            "dependencies",
        ),
    ),
    Defect(
        "match-descriptions-swapped",
        "Descriptions, products and people of matches are written to the match before.",
        "canary.leak",
        "canary_research",
        ("canaries", "discovery"),
    ),
    Defect(
        "analysis-time-shortened",
        "The analysis reports a hundredth of its time, with a start that fits.",
        "research.work_observed",
        "canary_research",
        ("canaries", "lifecycle", "ai"),
    ),
    Defect(
        "less-for-browsers",
        "A browser gets three matches of a quick discovery at most, as if it were a small screen.",
        "api.client_alike",
        "unrecognised_client",
        ("clients",),
    ),
    Defect(
        "inner-address-fetched",
        "A website in the request may be an address of the inner network.",
        "security.ssrf",
        "input_reach",
        ("security", "canaries"),
    ),
)
