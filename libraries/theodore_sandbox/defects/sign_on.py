"""The defects of PromptCraft: tokens, the way by which people sign on, sessions, roles, and what belongs to a tenant."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect


def _defects(area: str, suite: str, *rows: tuple[str, str, str]) -> tuple[Defect, ...]:
    """Defects of one suite, each as its name, what goes wrong, and the check that catches it."""
    return tuple(Defect(name, mistake, check, suite, (area,)) for name, mistake, check in rows)


SIGN_ON = (
    *_defects(
        "sign-on",
        "token_states",
        ("sso-signature-not-verified", "The signature of a token is not verified.", "tokens.tampered"),
        ("sso-audience-not-verified", "A token that was given for another program is accepted.", "tokens.other_audience"),
        ("sso-issuer-not-verified", "A token that names another issuer is accepted.", "tokens.other_issuer"),
        ("sso-expiry-not-verified", "A token that has expired is accepted.", "tokens.expired"),
        ("sso-not-before-not-verified", "A token that is not valid yet is accepted.", "tokens.not_yet_valid"),
        ("sso-unsigned-accepted", "A token that names the algorithm none is accepted without a signature.", "tokens.unsigned"),
        (
            "sso-algorithm-of-token",
            "A token that names HS256 is verified with the public key as its secret.",
            "tokens.algorithm_confusion",
        ),
        ("sso-revoked-accepted", "The provider is not asked whether a token was revoked.", "tokens.revoked"),
        ("sso-id-token-accepted", "An ID token opens a session as an access token does.", "tokens.identity_token"),
    ),
    *_defects(
        "sign-on",
        "sign_on",
        ("keys-fetched-once", "The provider's keys are fetched once: after a rotation nobody can sign on.", "tokens.of_new_key"),
        ("nonce-not-verified", "The nonce of an ID token is not compared.", "sign_on.nonce"),
        ("login-cookie-for-scripts", "Scripts can read the cookie that a sign-on begins with.", "sign_on.cookies"),
        ("state-not-verified", "A state that another browser has begun is accepted.", "sign_on.state"),
        ("pkce-not-verified", "The identity provider redeems a code with any verifier.", "sign_on.pkce"),
        ("code-redeemed-twice", "The identity provider redeems a code more than once.", "sign_on.code_once"),
    ),
    *_defects(
        "sign-on",
        "second_factor",
        ("second-factor-left-out-by-password", "A name and a password sign on without the code.", "second_factor.without"),
        ("second-factor-left-out-by-page", "The provider's page asks for no code.", "second_factor.without"),
        ("any-code-taken", "Any six digits are taken for a code.", "second_factor.wrong"),
        ("code-taken-twice", "A code is taken again after its use.", "second_factor.used"),
        ("old-codes-taken", "A code is taken long after its time.", "second_factor.old"),
    ),
    *_defects(
        "sign-on",
        "saml",
        ("saml-unsigned-accepted", "An assertion without a signature is believed.", "saml.unsigned"),
        ("saml-signature-wrapped", "One assertion is verified, and another one is read.", "saml.wrapped"),
        ("saml-any-certificate", "An assertion is verified by the certificate that it brings along.", "saml.other_key"),
        ("saml-audience-not-verified", "An assertion for another service is believed.", "saml.other_audience"),
        ("saml-recipient-not-verified", "An assertion that was for another address is believed.", "saml.other_recipient"),
        ("saml-issuer-not-verified", "An assertion that names another issuer is believed.", "saml.other_issuer"),
        ("saml-expiry-not-verified", "An assertion is believed after its end.", "saml.expired"),
        ("saml-replayed", "An assertion is believed again after its use.", "saml.replayed"),
        ("saml-request-not-verified", "An assertion is believed that nobody has asked for.", "saml.other_request"),
    ),
    *_defects(
        "sign-on",
        "identity_provider",
        ("private-keys-published", "The provider publishes the private part of its keys.", "provider.private_keys"),
        ("introspection-by-anybody", "Introspection answers whoever asks.", "provider.introspection_by_nobody"),
        ("introspection-of-revoked", "Introspection calls a token active that was revoked.", "provider.inactive"),
    ),
    *_defects(
        "sign-on",
        "stored_sessions",
        ("session-without-end", "A session stands in the store without an end.", "sessions.ttl"),
        ("session-prolonged", "Each use of a session prolongs it.", "sessions.prolonged"),
        ("session-store-not-asked", "A token is accepted whose session has ended.", "sessions.outlived"),
        (
            "session-survives-log-out",
            "Log-out says that it ended a session, and leaves it.",
            "sessions.logged_out",
        ),
        (
            "renewal-after-log-out",
            "The refresh token of an ended session opens a new one.",
            "sessions.renewed_after_log_out",
        ),
        ("log-out-everywhere-ends-here", "Log-out everywhere ends the present session alone.", "sessions.everywhere"),
        ("log-out-ends-all", "Log-out ends all sessions of a person.", "sessions.other_goes_on"),
        ("session-token-in-clear", "The provider's token stands in the session store in clear.", "sessions.token_in_clear"),
        ("second-sign-on-ends-first", "A second sign-on ends the session beside it.", "sessions.side_by_side"),
        ("session-id-from-client", "A session takes the id that the client brings along.", "sessions.fixed"),
        ("refresh-token-reused", "A refresh token is accepted again after its use.", "sessions.renewed_once"),
        (
            "provider-log-out-not-announced",
            "A log-out at the provider ends no session.",
            "sessions.provider_log_out",
        ),
        ("logout-token-not-verified", "Anybody ends sessions by a logout token.", "sessions.forged_log_out"),
        ("access-token-renews", "An access token is accepted in place of a refresh token.", "sessions.renewed_by_access_token"),
    ),
    *_defects(
        "roles",
        "roles",
        ("role-from-header", "The header X-User-Role goes before the role of the person.", "roles.from_request"),
        ("role-from-sign-on", "A role in the body of a sign-on becomes that of the person.", "roles.from_sign_on"),
        ("role-kept-in-session", "A session keeps the role with which it began.", "roles.taken_at_once"),
        ("permission-forgotten", "The sessions of a tenant are listed to whoever has signed in.", "roles.cell"),
    ),
    *_defects(
        "tenant-data",
        "tenant_separation",
        ("users-of-all-tenants-listed", "The users of all tenants are listed.", "tenants.list"),
        ("users-of-all-tenants-found", "A search finds the users of all tenants.", "tenants.search"),
        ("user-of-any-tenant-read", "A user is read by its id, whichever tenant it belongs to.", "tenants.read"),
        ("user-of-any-tenant-changed", "A user is changed by its id, whichever tenant it belongs to.", "tenants.change"),
        ("session-of-any-tenant-ended", "A session is ended by its id, whichever tenant it belongs to.", "tenants.remove"),
        ("user-named-in-error", "The error for another tenant's user names it.", "tenants.error"),
        ("events-of-all-tenants-listed", "The audit events of all tenants are listed.", "tenants.list"),
        ("event-of-any-tenant-read", "An audit event is read by its id, whichever tenant it belongs to.", "tenants.read"),
        ("agents-of-all-tenants-listed", "The agents of all tenants are listed.", "tenants.list"),
        ("agent-of-any-tenant-deployed", "An agent is deployed by its name, whichever tenant has it.", "tenants.deploy"),
        ("repositories-in-one-folder", "Agents of one name share a folder, whichever tenant has them.", "tenants.file_name"),
        ("creation-of-any-tenant-read", "A creation is followed by its id, whichever tenant it belongs to.", "tenants.read"),
        ("creation-named-in-error", "The error for another tenant's creation names its agent.", "tenants.error"),
        ("server-of-any-tenant-removed", "An MCP server is removed by its name, whichever tenant has it.", "tenants.remove"),
        ("workflow-of-any-tenant-read", "A workflow is read by its id, whichever tenant it belongs to.", "tenants.read"),
        ("workflow-of-any-tenant-approved", "A workflow is approved by its id, whichever tenant has it.", "tenants.approve"),
        ("workflow-of-any-tenant-cancelled", "A workflow is cancelled by its id, whichever tenant has it.", "tenants.cancel"),
        ("workflow-named-in-error", "The error for another tenant's workflow names it.", "tenants.error"),
        ("event-ids-counted", "The ids of audit events are counted up.", "tenants.guess"),
    ),
    *_defects(
        "security",
        "platform_attacks",
        ("user-search-as-sql", "The search for users is put into the query as text.", "security.sql-injection"),
        ("version-told", "Answers name the server and its version.", "security.banner"),
    ),
    *_defects(
        "audit-trail",
        "audited_attempts",
        ("failed-sign-on-not-audited", "Sign-ons that fail are not in the audit trail.", "audit.event"),
        ("refusals-not-audited", "What a role does not permit is not in the audit trail.", "audit.event"),
        ("failures-audited-as-successes", "Each event of the audit trail says success.", "audit.outcome"),
    ),
)
