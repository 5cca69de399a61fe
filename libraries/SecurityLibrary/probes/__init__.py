"""All probes, in the order in which a scan runs them: what may use up a limit comes last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.probes import (
    api,
    authorization,
    callbacks,
    claims,
    deserialization,
    enumeration,
    exposure,
    forgery,
    headers,
    injection,
    limits,
    markup,
    objectlevel,
    passwords,
    properties,
    queries,
    redirects,
    sessions,
    signin,
    sql,
    storage,
    tls,
    tokens,
    undocumented,
    uploads,
)
from SecurityLibrary.probes.base import Probe, TOPICS
from theodore_qa.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

ALL: tuple[type[Probe], ...] = (
    signin.MissingAuthentication,
    tokens.AlgNone,
    tokens.SignatureUnchecked,
    tokens.WeakKey,
    tokens.KeyConfusion,
    tokens.KeyId,
    claims.EarlyToken,
    claims.ForeignToken,
    claims.TokenUse,
    claims.AfterLogout,
    objectlevel.ObjectLevel,
    objectlevel.TenantLevel,
    authorization.FunctionLevel,
    properties.MassAssignment,
    sql.SqlInjection,
    sql.StoredSqlInjection,
    queries.NoSqlInjection,
    injection.CommandInjection,
    injection.TemplateInjection,
    queries.LdapInjection,
    queries.XpathInjection,
    deserialization.Deserialization,
    injection.HeaderInjection,
    injection.PathTraversal,
    redirects.OpenRedirect,
    callbacks.Ssrf,
    callbacks.Log4Shell,
    callbacks.Xxe,
    callbacks.Graphql,
    markup.ReflectedXss,
    markup.StoredXss,
    uploads.FileUpload,
    markup.FormulaInjection,
    markup.SlowExpression,
    api.Methods,
    limits.SizeLimit,
    limits.PageLimit,
    headers.Cors,
    headers.Banner,
    headers.HostHeader,
    undocumented.Undocumented,
    api.Contract,
    api.ContentTypes,
    exposure.EchoedSecrets,
    exposure.Masking,
    exposure.SecretsInUrls,
    claims.ExpiredToken,
    forgery.RequestForgery,
    forgery.GuessableSession,
    sessions.CookieFlags,
    sessions.SessionFixation,
    sessions.SecondFactor,
    passwords.PasswordPolicy,
    claims.AfterPasswordChange,
    enumeration.UserEnumeration,
    signin.DefaultCredentials,
    signin.BruteForce,
    signin.LimitBypass,
    limits.RateLimit,
    api.StackTrace,
    api.ServerErrors,
    headers.SecurityHeaders,
    properties.ExcessiveData,
    exposure.SensitiveData,
    exposure.OwnSecrets,
    *tls.ALL,
    storage.AtRest,
    storage.Logs,
    storage.Anonymised,
)
BY_ID: dict[str, type[Probe]] = {probe.id: probe for probe in ALL}


def chosen(names: Iterable[str]) -> list[Probe]:
    """The probes of these names or topics, in their order; all of them without a name."""
    wanted = [name.strip().lower().replace(" ", "-") for name in names if name.strip()]
    for name in wanted:
        if name not in BY_ID and name not in TOPICS:
            raise unknown("probe or topic", name, [*BY_ID, *TOPICS])
    return [probe() for probe in ALL if not wanted or probe.id in wanted or probe.topic in wanted]
