"""The defects that an attacker uses."""

from __future__ import annotations

from theodore_sandbox.defect_tables import Defect

# Each: its name, what goes wrong, the probe that finds it, and the suite in which it does.
_TABLE = (
    ("sql-concatenated", "The query of suggestions is put into an SQL statement as a text.", "sql-injection", "input_validation"),
    (
        "website-looked-up-by-shell",
        "The host of a website is looked up by a shell command.",
        "command-injection",
        "input_reach",
    ),
    ("error-page-unescaped", "Browsers get a page for 404 that repeats names unescaped.", "reflected-xss", "input_validation"),
    ("note-read-by-name", "A category's note is read from the file of its name.", "path-traversal", "input_reach"),
    ("query-checked-slowly", "A query is checked by an expression with nested repetitions.", "redos", "input_limits"),
    ("bodies-unlimited", "Bodies may be of any length.", "size-limit", "input_limits"),
    ("page-size-unchecked", "A page of plugins may be of any size.", "page-limit", "input_limits"),
    ("odd-text-fails", "A text beyond Latin-1 makes the search of plugins fail.", "server-error", "input_limits"),
    ("metrics-open", "The metrics are told to anybody.", "missing-authentication", "authentication"),
    ("unsigned-tokens-taken", "Tokens with the algorithm none are taken.", "jwt-none", "tokens"),
    ("signatures-unchecked", "Signatures of tokens are not checked.", "jwt-signature", "tokens"),
    ("signing-key-guessable", "Tokens are signed with the key of an example.", "jwt-weak-key", "tokens"),
    ("expiry-ignored", "Expired tokens are taken.", "token-expired", "tokens"),
    ("not-before-ignored", "Tokens are taken before they are valid.", "token-not-yet-valid", "tokens"),
    ("audience-ignored", "Issuer and audience of tokens are not checked.", "token-foreign", "tokens"),
    ("refresh-token-taken", "A refresh token opens what an access token opens.", "token-use", "tokens"),
    ("tokens-outlive-password", "A change of the password ends no session.", "token-after-password-change", "tokens"),
    ("unknown-user-told", "Sign-in says that there is no such user.", "user-enumeration", "authentication"),
    ("unknown-user-quick", "Sign-in computes no digest for unknown users.", "user-enumeration", "authentication"),
    ("demo-account", "There is an account demo with a usual password.", "default-credentials", "authentication"),
    ("sign-ins-unlimited", "Sign-ins are not counted.", "brute-force", "authentication"),
    ("forwarded-for-believed", "Sign-ins are counted by what X-Forwarded-For says.", "limit-bypass", "authentication"),
    ("token-in-query", "A token is taken from the address too.", "secrets-in-urls", "data_protection"),
    ("config-open", "The configuration is open to every account.", "function-level", "authorization"),
    ("tenant-leak-progress", "The progress of a discovery is told to all tenants.", "tenant-level", "authorization"),
    ("profile-takes-anything", "A profile keeps whatever is sent.", "mass-assignment", "authorization"),
    ("account-as-stored", "The profile holds salt and digest of the password.", "excessive-data", "authorization"),
    ("trace-served", "TRACE repeats the request.", "methods", "api_security"),
    ("any-origin-allowed", "Any origin may read answers with credentials.", "cors", "api_security"),
    ("refusals-unshielded", "Answers of 401 lack a security header.", "security-headers", "api_security"),
    ("banner-told", "Answers tell product and version.", "banner", "api_security"),
    ("traceback-in-errors", "Errors of validation hold a traceback.", "stack-trace", "api_security"),
    ("host-believed", "Links are made of the Host header.", "host-header", "api_security"),
    ("debug-route-left", "A route for debugging is served to anybody.", "undocumented", "api_security"),
    ("old-tls-versions", "TLS 1.0 and 1.1 are still spoken.", "tls-versions", "transport"),
    ("certificate-expired", "Nobody has renewed the certificate.", "tls-certificate", "transport"),
    ("hsts-missing", "Browsers are not asked to stay with TLS.", "hsts", "transport"),
    ("queries-logged", "The log holds whole addresses with their queries.", "logs", "data_protection"),
    ("keys-kept-plain", "API keys are kept as they are.", "at-rest", "data_protection"),
    ("keys-in-status", "The status holds the keys of the providers.", "sensitive-data", "data_protection"),
)
MORE_AREAS = {
    "metrics-open": ("contract",),
    "config-open": ("administration", "accounts", "headers", "contract"),
    "profile-takes-anything": ("accounts", "contract"),
    "banner-told": ("headers", "raw-api", "contract"),
    "refusals-unshielded": ("headers", "raw-api", "contract", "session", "accounts"),
    "tenant-leak-progress": ("tenants",),
    "demo-account": ("accounts",),
    "page-size-unchecked": ("contract",),
    "sign-ins-unlimited": ("limits", "headers"),
    "traceback-in-errors": ("contract", "accounts", "error-shape", "raw-api"),
    "keys-in-status": ("ai",),
    "account-as-stored": ("accounts", "contract"),
    "odd-text-fails": ("contract",),
    "unknown-user-told": ("session", "accounts"),
}
SECURITY = tuple(
    Defect(name, what, f"security.{probe}", suite, ("security", *MORE_AREAS.get(name, ()))) for name, what, probe, suite in _TABLE
)
