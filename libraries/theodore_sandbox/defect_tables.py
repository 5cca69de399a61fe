"""The defects, by the part of the sandbox in which they are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One switch: its name, what goes wrong and when, the check that catches it and the areas that it may touch."""

    name: str
    what: str
    check: str
    areas: tuple[str, ...]


RESEARCH = (
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
DISCOVERY = (
    Defect(
        "below-threshold",
        "Candidates up to 0.3 below the similarity threshold are returned.",
        "discovery.threshold",
        ("discovery",),
    ),
    Defect(
        "over-limit",
        "Where there are more matches than the limit, two more than the limit are returned.",
        "discovery.limit",
        ("discovery",),
    ),
    Defect(
        "unstable-order",
        "Results come in the order in which their tasks ended instead of by their score.",
        "discovery.order",
        ("discovery",),
    ),
    Defect(
        "duplicate-results",
        "What is known from the vector store is found on the web once more and listed twice.",
        "discovery.no_duplicates",
        ("discovery",),
    ),
    Defect(
        "self-included",
        "The company that is asked about is listed as similar to itself, if it was researched before.",
        "discovery.no_self",
        ("discovery",),
    ),
    Defect(
        "filter-ignored",
        "The filter by company size lets everything through.",
        "discovery.filters",
        ("discovery",),
    ),
    Defect(
        "explanation-mixed-up",
        "The explanation of a match names the company that was asked about instead of the match.",
        "discovery.explanations",
        ("discovery",),
    ),
    Defect(
        "stale-cache",
        "Quick discoveries are cached by company name, whatever limit and threshold the next one has.",
        "discovery.limit",
        ("discovery",),
    ),
    Defect(
        "ranges-unchecked",
        "founded_after may be later than founded_before.",
        "api.refused",
        ("contract",),
    ),
    Defect(
        "quick-limit-unchecked",
        "Quick discovery takes limits over 50.",
        "api.refused",
        ("contract",),
    ),
)
PROVIDERS = (
    Defect(
        "fallback-missing",
        "When the first provider fails, the others are not asked.",
        "ai.fallback",
        ("ai",),
    ),
    Defect(
        "fallback-drops-fields",
        "A record that was reached through fall-back lacks competitors, advantages and people.",
        "ai.fallback_complete",
        ("ai",),
    ),
    Defect(
        "tokens-not-counted",
        "Only the tokens of the answer are counted, not those of the prompt.",
        "ai.tokens",
        ("ai",),
    ),
    Defect(
        "retry-without-backoff",
        "A provider that fails is asked again at once, and Retry-After is not heeded.",
        "ai.backoff",
        ("ai",),
    ),
    Defect(
        "breaker-never-closes",
        "A breaker that has opened stays open until a restart.",
        "ai.breaker_closes",
        ("ai",),
    ),
    Defect(
        "wrong-dimensions",
        "The dimensions of the embedding are those of another model.",
        "ai.embedding_dimensions",
        ("ai",),
    ),
    Defect(
        "injection-obeyed",
        "Lines of a page that give instructions are handed to the provider.",
        "ai.injection",
        ("ai-answers",),
    ),
    Defect(
        "truncated-accepted",
        "A truncated answer is closed with a brace and believed.",
        "ai.honest",
        ("ai-answers",),
    ),
)
API = (
    Defect(
        "stream-without-end",
        "The event stream of a finished job stays open and says nothing any more.",
        "stream.ends",
        ("streams",),
    ),
    Defect(
        "websocket-without-ack",
        "A WebSocket is not acknowledged before its progress.",
        "stream.websocket_ack",
        ("streams",),
    ),
    Defect(
        "limits-not-enforced",
        "Requests are counted, but one too many is answered all the same.",
        "limits.enforced",
        ("limits",),
    ),
    Defect(
        "headers-missing-on-errors",
        "Security headers are missing on replies from 400 on.",
        "api.security_headers",
        ("headers",),
    ),
    Defect(
        "admin-route-open",
        "Administration is open to every account.",
        "api.admin_only",
        ("administration",),
    ),
    Defect(
        "scope-ignored",
        "An API key may do more than its scopes say.",
        "api.key_scopes",
        ("accounts",),
    ),
    Defect(
        "profile-not-kept",
        "PUT /auth/profile answers as asked and keeps nothing.",
        "api.profile_kept",
        ("accounts",),
    ),
    Defect(
        "weak-password-accepted",
        "A new password needs no digit and no capital.",
        "api.refused",
        ("contract", "accounts"),
    ),
    Defect(
        "no-request-id",
        "The request_id of a 404 is null.",
        "api.error_shape",
        ("error-shape", "contract", "lifecycle", "cancel", "tenants", "discovery"),
    ),
    Defect(
        "input-echoed",
        "A validation error repeats what was sent, passwords too.",
        "api.no_echo",
        ("contract", "accounts"),
    ),
    Defect(
        "has-more-wrong",
        "The list of plugins never says that there is more.",
        "api.paging",
        ("administration",),
    ),
    Defect(
        "errors-not-counted",
        "The error rates of the metrics are always zero.",
        "api.error_rates",
        ("administration",),
    ),
    Defect(
        "too-many-tags",
        "A research takes more than ten tags.",
        "api.refused",
        ("contract",),
    ),
    Defect(
        "timeout-unchecked",
        "A research takes time-outs of less than 30 seconds.",
        "api.refused",
        ("contract",),
    ),
)
TENANTS = (
    Defect(
        "tenant-leak-listing",
        "The recent errors of the status are those of all tenants.",
        "tenants.listing",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-id",
        "A research job is found by its identifier, whoever's it is.",
        "tenants.by_id",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-error",
        "The error for another tenant's job names the company that is researched.",
        "tenants.error_text",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-search",
        "Discovery looks into the vectors of all tenants.",
        "tenants.search",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-suggestions",
        "Suggestions name companies that other tenants have researched.",
        "tenants.suggestions",
        ("tenants",),
    ),
)
