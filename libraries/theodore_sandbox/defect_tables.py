"""The defects, by the part of the sandbox in which they are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One switch: its name, what goes wrong and when, the check that catches it, in which suite, and the areas it may touch."""

    name: str
    what: str
    check: str
    suite: str
    areas: tuple[str, ...]


RESEARCH = (
    Defect(
        "wrong-industry",
        "The industry is looked up one row off in the table of categories, for any company that was found.",
        "quality.accuracy.industry",
        "enterprise_saas_research",
        ("research", "ai", "ai-answers", "discovery"),
    ),
    Defect(
        "invented-company",
        "A company that no search finds gets a guessed domain and a record made of its name.",
        "research.not_found",
        "non_existent_company_handling",
        ("not-found", "streams", "discovery", "tenants"),
    ),
    Defect(
        "completed-without-data",
        "An analysis is dropped and the job is completed all the same, with the name alone.",
        "research.has_data",
        "enterprise_saas_research",
        ("research", "data", "streams", "ai", "ai-answers", "discovery", "tenants", "contract", "dependencies"),
    ),
    Defect(
        "mixed-pages",
        "The page cache forgets the host: from the second research on, pages of the first company are analysed.",
        "research.pages_of_one_company",
        "research_isolation",
        ("research", "streams", "ai", "ai-answers", "discovery", "tenants", "contract", "dependencies"),
    ),
    Defect(
        "progress-backwards",
        "The analysis phase counts its percentage from zero again.",
        "research.progress_monotonic",
        "research_lifecycle",
        ("lifecycle", "streams", "contract"),
    ),
    Defect(
        "cancel-ignored",
        "A cancelled job is marked as cancelled while its work goes on.",
        "research.cancel_stops_calls",
        "research_lifecycle",
        ("cancel", "contract"),
    ),
    Defect(
        "lost-languages",
        "Page texts are cut down to ASCII before they are analysed.",
        "research.languages",
        "international_company_research",
        ("research", "ai"),
    ),
    Defect(
        "stale-result",
        "A cache by user hands out the result of that user's previous research.",
        "research.result_names_company",
        "research_isolation",
        ("research", "streams", "ai", "ai-answers", "contract"),
    ),
    Defect(
        "constant-confidence",
        "The confidence score is a constant for every company.",
        "research.confidence_distinguishes",
        "research_isolation",
        ("confidence",),
    ),
    Defect(
        "token-after-logout",
        "Log-out answers as usual but does not revoke the token.",
        "session.token_revoked",
        "sessions",
        ("session", "contract"),
    ),
    Defect(
        "error-in-200",
        "Errors of the research routes are sent with status 200.",
        "api.error_status",
        "research_lifecycle",
        (
            "administration",
            "error-shape",
            "lifecycle",
            "cancel",
            "contract",
            "headers",
            "accounts",
            "tenants",
            "session",
            "raw-api",
            "limits",
        ),
    ),
    Defect(
        "job-lost",
        "A finished job is dropped from the store and is not found when it is asked for again.",
        "research.job_found_again",
        "research_lifecycle",
        ("lifecycle", "raw-api", "streams", "contract", "tenants"),
    ),
)
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
        "What is known from the vector store is found on the web once more and listed twice.",
        "discovery.no_duplicates",
        "hybrid_discovery",
        ("discovery",),
    ),
    Defect(
        "self-included",
        "The company that is asked about is listed as similar to itself, if it was researched before.",
        "discovery.no_self",
        "hybrid_discovery",
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
        "The explanation of a match names the company that was asked about instead of the match.",
        "discovery.explanations",
        "similarity_discovery",
        ("discovery",),
    ),
    Defect(
        "stale-cache",
        "Quick discoveries are cached by company name, whatever limit and threshold the next one has.",
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
)
PROVIDERS = (
    Defect(
        "fallback-missing",
        "When the first provider fails, the others are not asked.",
        "ai.fallback",
        "ai_fallback",
        ("ai", "ai-answers"),
    ),
    Defect(
        "fallback-drops-fields",
        "A record that was reached through fall-back lacks competitors, advantages and people.",
        "ai.fallback_complete",
        "ai_fallback",
        ("ai", "ai-answers"),
    ),
    Defect(
        "tokens-not-counted",
        "Only the tokens of the answer are counted, not those of the prompt.",
        "ai.tokens",
        "ai_providers",
        ("ai",),
    ),
    Defect(
        "retry-without-backoff",
        "A provider that fails is asked again at once, and Retry-After is not heeded.",
        "ai.backoff",
        "ai_fallback",
        ("ai",),
    ),
    Defect(
        "breaker-never-closes",
        "A breaker that has opened stays open until a restart.",
        "ai.breaker_closes",
        "ai_fallback",
        ("ai", "ai-answers"),
    ),
    Defect(
        "wrong-dimensions",
        "The dimensions of the embedding are those of another model.",
        "ai.embedding_dimensions",
        "ai_providers",
        ("ai", "ai-answers"),
    ),
    Defect(
        "injection-obeyed",
        "Lines of a page that give instructions are handed to the provider.",
        "ai.injection",
        "ai_answers",
        ("ai-answers",),
    ),
    Defect(
        "truncated-accepted",
        "A truncated answer is closed with a brace and believed.",
        "ai.honest",
        "ai_answers",
        ("ai-answers", "ai"),
    ),
)
API = (
    Defect(
        "ended-jobs-counted",
        "Jobs that have ended are told as active.",
        "api.active_jobs_after",
        "administration",
        ("administration", "streams"),
    ),
    Defect(
        "restart-without-effect",
        "A restart of the AI providers is told and not done.",
        "ai.restart_closes",
        "ai_fallback",
        ("ai", "administration"),
    ),
    Defect(
        "stream-without-end",
        "The event stream of a finished job stays open and says nothing any more.",
        "stream.ends",
        "live_progress",
        ("streams", "contract"),
    ),
    Defect(
        "websocket-without-ack",
        "A WebSocket is not acknowledged before its progress.",
        "stream.websocket_ack",
        "live_progress",
        ("streams",),
    ),
    Defect(
        "limits-not-enforced",
        "Requests are counted, but one too many is answered all the same.",
        "limits.enforced",
        "rate_limits",
        ("limits", "headers"),
    ),
    Defect(
        "headers-missing-on-errors",
        "Security headers are missing on replies from 400 on.",
        "api.security_headers",
        "security_headers",
        ("headers", "raw-api"),
    ),
    Defect(
        "admin-route-open",
        "Administration is open to every account.",
        "api.admin_only",
        "administration",
        ("administration", "accounts", "headers", "contract"),
    ),
    Defect(
        "scope-ignored",
        "An API key may do more than its scopes say.",
        "api.key_scopes",
        "accounts",
        ("accounts", "contract"),
    ),
    Defect(
        "profile-not-kept",
        "PUT /auth/profile answers as asked and keeps nothing.",
        "api.profile_kept",
        "accounts",
        ("accounts", "contract"),
    ),
    Defect(
        "weak-password-accepted",
        "A new password needs no digit and no capital.",
        "api.refused",
        "accounts",
        ("contract", "accounts"),
    ),
    Defect(
        "no-request-id",
        "The request_id of a 404 is null.",
        "api.error_shape",
        "research_lifecycle",
        (
            "error-shape",
            "contract",
            "lifecycle",
            "cancel",
            "tenants",
            "discovery",
            "accounts",
            "administration",
            "session",
            "streams",
            "headers",
        ),
    ),
    Defect(
        "input-echoed",
        "A validation error repeats what was sent, passwords too.",
        "api.no_echo",
        "accounts",
        ("contract", "accounts", "session"),
    ),
    Defect(
        "has-more-wrong",
        "The list of plugins never says that there is more.",
        "api.paging",
        "administration",
        ("administration", "contract"),
    ),
    Defect(
        "errors-not-counted",
        "The error rates of the metrics are always zero.",
        "api.error_rates",
        "administration",
        ("administration", "contract"),
    ),
    Defect(
        "too-many-tags",
        "A research takes more than ten tags.",
        "api.refused",
        "api_contract",
        ("contract",),
    ),
    Defect(
        "timeout-unchecked",
        "A research takes time-outs of less than 30 seconds.",
        "api.refused",
        "api_contract",
        ("contract",),
    ),
)
TENANTS = (
    Defect(
        "tenant-leak-listing",
        "The recent errors of the status are those of all tenants.",
        "tenants.listing",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-id",
        "A research job is found by its identifier, whoever's it is.",
        "tenants.by_id",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-error",
        "The error for another tenant's job names the company that is researched.",
        "tenants.error_text",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-search",
        "Discovery looks into the vectors of all tenants.",
        "tenants.search",
        "tenant_isolation",
        ("tenants",),
    ),
    Defect(
        "tenant-leak-suggestions",
        "Suggestions name companies that other tenants have researched.",
        "tenants.suggestions",
        "tenant_isolation",
        ("tenants",),
    ),
)
