"""The registry of probes, in the order in which a scan runs them.

What may use up a limit comes late, what may slow the system down last.

Importing a probe brings no other one: the registry names modules and classes, and loads a probe when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from SecurityLibrary.probes.base import Probe, TOPICS
from theodore_qa.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

REGISTRY = {
    "missing-authentication": "signin.MissingAuthentication",
    "jwt-none": "tokens.AlgNone",
    "jwt-signature": "tokens.SignatureUnchecked",
    "jwt-weak-key": "tokens.WeakKey",
    "jwt-confusion": "tokens.KeyConfusion",
    "jwt-kid": "tokens.KeyId",
    "token-not-yet-valid": "claims.EarlyToken",
    "token-foreign": "claims.ForeignToken",
    "token-use": "claims.TokenUse",
    "token-after-logout": "claims.AfterLogout",
    "token-lifetime": "lifetimes.EndlessToken",
    "key-after-revocation": "keys.RevokedKey",
    "key-scope": "keys.KeyScope",
    "object-level": "object_level.ObjectLevel",
    "tenant-level": "object_level.TenantLevel",
    "function-level": "authorization.FunctionLevel",
    "batched-calls": "calls.BatchedCalls",
    "trusted-headers": "trusted.TrustedRequest",
    "path-spelling": "trusted.PathSpelling",
    "signed-links": "signed_links.SignedLink",
    "mass-assignment": "properties.MassAssignment",
    "chosen-fields": "fields.ChosenFields",
    "hidden-filters": "hidden_filters.HiddenFilters",
    "cached-answers": "cached_answers.CachedAnswers",
    "webhook-signature": "webhooks.UnsignedWebhook",
    "negative-amount": "amounts.NegativeAmount",
    "stated-limits": "stated_limits.StatedLimit",
    "self-approval": "approvals.SelfApproval",
    "after-removal": "after_removal.AfterRemoval",
    "sql-injection": "sql.SqlInjection",
    "stored-sql-injection": "sql.StoredSqlInjection",
    "nosql-injection": "queries.NoSqlInjection",
    "command-injection": "injection.CommandInjection",
    "template-injection": "injection.TemplateInjection",
    "code-injection": "code.CodeInjection",
    "ldap-injection": "queries.LdapInjection",
    "xpath-injection": "queries.XpathInjection",
    "header-injection": "injection.HeaderInjection",
    "path-traversal": "injection.PathTraversal",
    "oauth": "authorization_server.AuthorizationServer",
    "open-redirect": "redirects.OpenRedirect",
    "ssrf": "callbacks.Ssrf",
    "log4shell": "callbacks.Log4Shell",
    "xxe": "entities.Xxe",
    "graphql": "graph.Graphql",
    "reflected-xss": "markup.ReflectedXss",
    "stored-xss": "markup.StoredXss",
    "file-upload": "uploads.FileUpload",
    "stored-names": "stored_names.StoredNames",
    "formula-injection": "markup.FormulaInjection",
    "methods": "api.Methods",
    "cors": "headers.Cors",
    "banner": "headers.Banner",
    "host-header": "headers.HostHeader",
    "websockets": "websockets.WebSocketOrigin",
    "undocumented": "undocumented.Undocumented",
    "contract": "api.ContractDeviation",
    "content-type": "api.ContentTypes",
    "echoed-secrets": "exposure.EchoedSecrets",
    "masking": "exposure.Masking",
    "hidden-switches": "hidden_switches.HiddenSwitches",
    "secrets-in-urls": "exposure.SecretsInUrls",
    "token-expired": "claims.ExpiredToken",
    "csrf": "forgery.RequestForgery",
    "session-entropy": "forgery.GuessableSession",
    "guessable-tokens": "issued.GuessableToken",
    "idempotency": "issued.SharedKey",
    "session-forged": "plain_sessions.PlainSession",
    "cookie-weak-key": "cookie_keys.CookieKey",
    "cookie-flags": "sessions.CookieFlags",
    "session-fixation": "sessions.SessionFixation",
    "mfa-bypass": "sessions.SecondFactor",
    "password-policy": "passwords.PasswordPolicy",
    "current-password": "passwords.CurrentPassword",
    "token-after-password-change": "claims.AfterPasswordChange",
    "token-after-deletion": "made_accounts.AfterDeletion",
    "account-takeover": "made_accounts.NameReuse",
    "single-use": "one_time.OneTime",
    "race": "races.Races",
    "user-enumeration": "enumeration.UserEnumeration",
    "default-credentials": "signin.DefaultCredentials",
    "limit-bypass": "signin.LimitBypass",
    "brute-force": "signin.BruteForce",  # locks the identity that may be locked, which the one before still needs
    "code-guessing": "codes.GuessableCode",
    "rate-limit": "limits.RateLimit",
    "stack-trace": "api.StackTrace",
    "server-error": "api.ServerErrors",
    "security-headers": "headers.SecurityHeaders",
    "doubled-headers": "answers.DoubledHeaders",
    "cors-methods": "answers.CorsMethods",
    "error-shapes": "answers.ErrorShapes",
    "undocumented-answers": "answers.UndocumentedAnswers",
    "retry-after": "answers.RetryAfter",
    "excessive-data": "shown_properties.ExcessiveData",
    "sensitive-data": "exposure.SensitiveData",
    "own-secrets": "exposure.OwnSecrets",
    "tls-versions": "tls.TlsVersions",
    "tls-ciphers": "tls.TlsCiphers",
    "tls-certificate": "tls.TlsCertificate",
    "hsts": "tls.Hsts",
    "at-rest": "storage.AtRest",
    "logs": "storage.Logs",
    "anonymised": "storage.Anonymised",
    "page-limit": "limits.PageLimit",
    "redos": "expressions.SlowExpression",
    "deserialization": "deserialization.Deserialization",
    "prototype-pollution": "prototypes.PrototypePollution",
    "size-limit": "limits.SizeLimit",
}


def load(probe_id: str) -> type[Probe]:
    """The class of a probe; its module is imported now, unless it was before."""
    if probe_id not in REGISTRY:
        raise unknown("probe", probe_id, REGISTRY)
    module, _, name = REGISTRY[probe_id].partition(".")
    probe: type[Probe] = getattr(import_module(f"{__name__}.{module}"), name)
    return probe


def load_all() -> list[type[Probe]]:
    """The classes of all probes, in scan order."""
    return [load(probe_id) for probe_id in REGISTRY]


def chosen(names: Iterable[str]) -> list[Probe]:
    """The probes of these ids or topics, in scan order; all of them without a name."""
    selected = [name.strip().lower().replace(" ", "-") for name in names if name.strip()]
    for name in selected:
        if name not in REGISTRY and name not in TOPICS:
            raise unknown("probe or topic", name, [*REGISTRY, *TOPICS])
    if selected and not set(selected) & set(TOPICS):
        return [load(probe_id)() for probe_id in REGISTRY if probe_id in selected]
    return [probe() for probe in load_all() if not selected or probe.id in selected or probe.topic in selected]
