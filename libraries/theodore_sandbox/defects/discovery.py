"""The defects of discoveries: their candidates, order, filters and explanations."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

DISCOVERY = (
    Defect(
        "below-threshold",
        "Candidates up to 0.3 below the similarity threshold are returned.",
        "discovery.threshold",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "over-limit",
        "Where there are more matches than the limit, two more than the limit are returned.",
        "discovery.limit",
        "hybrid_discovery",
        ("discovery",),
    ),
    Defect(
        "unstable-order",
        "Results come in the order in which their tasks ended instead of by their score.",
        "discovery.order",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "duplicate-results",
        "A match from the vector store is found on the web again and listed twice.",
        "discovery.no_duplicates",
        "hybrid_discovery",
        ("discovery",),
    ),
    Defect(
        "self-included",
        "The query company is listed as similar to itself, if it was researched before.",
        "discovery.no_self",
        "hybrid_discovery",
        ("discovery",),
    ),
    Defect(
        "match-facts-shifted",
        "Matches are reported a hundred years older than they are.",
        "discovery.described",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "reasons-made-up",
        "The reasons of a match end with an invented one.",
        "discovery.explanations_grounded",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "filter-ignored",
        "The filter by company size lets everything through.",
        "discovery.filters",
        "discovery_filters",
        ("discovery",),
    ),
    Defect(
        "explanation-mixed-up",
        "The explanation of a match names the query company instead of the match.",
        "discovery.explanations",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "stale-cache",
        "Quick discoveries are cached by company name, regardless of limit and threshold.",
        "discovery.limit",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "ranges-unchecked",
        "founded_after may be later than founded_before.",
        "api.refused",
        "api_contract",
        ("contract",),
    ),
    Defect(
        "quick-limit-unchecked",
        "Quick discovery takes limits over 50.",
        "api.refused",
        "api_contract",
        ("contract",),
    ),
    Defect(
        "quick-leaves-a-job",
        "A quick discovery is stored as a job that never ends.",
        "discovery.quick_leaves_no_job",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "analysis-of-the-one-before",
        "The analyses of a research are those of the tenant's research before it.",
        "analysis.as_discovered",
        "research_analyses",
        ("discovery", "research"),
    ),
    Defect(
        "analysis-before-it-is-known",
        "The similarity analysis looks at the nearest company alone.",
        "analysis.as_discovered",
        "research_analyses",
        ("discovery", "research"),
    ),
    Defect(
        "analysis-skipped-with-website",
        "A research that is given the website makes no competitive analysis.",
        "analysis.competitive",
        "research_analyses",
        ("discovery", "research"),
    ),
    Defect(
        "competitors-without-domains-dropped",
        "The competitive analysis leaves out competitors that were not researched.",
        "analysis.competitors",
        "research_analyses",
        ("discovery", "research"),
    ),
    Defect(
        "competitors-scored-in-other-order",
        "The scores of competitors stand beside the next one's name.",
        "analysis.competitor_scores",
        "research_analyses",
        ("discovery", "research"),
    ),
)
