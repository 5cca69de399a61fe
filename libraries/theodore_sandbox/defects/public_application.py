"""How the public application of PromptCraft behaves: its faults as defects of the platform, which a preset names together."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect


def _of_errors(*rows: tuple[str, str, str]) -> tuple[Defect, ...]:
    """Defects of the answers to what is refused, each as its name, what goes wrong, and the check that catches it."""
    return tuple(Defect(name, mistake, check, "error_answers", ("errors",)) for name, mistake, check in rows)


PUBLIC_APPLICATION = (
    *_of_errors(
        ("refusals-of-bare-detail", "Refusals of sign-on and roles hold a detail and nothing else.", "api.errors.one_shape"),
        (
            "errors-dated-by-epoch",
            "An error 404 or 405 holds error, status_code, path, and a timestamp that is a number.",
            "api.errors.one_shape",
        ),
        (
            "validation-errors-of-their-own",
            "Errors of validation hold error, status_code and validation_errors.",
            "api.errors.one_shape",
        ),
        (
            "agent-errors-of-their-own",
            "What agents and workflows do not have is answered by error, detail and timestamp.",
            "api.errors.one_shape",
        ),
        ("preflight-errors-of-text", "A preflight from another origin is refused as plain text.", "api.errors.one_shape"),
        (
            "errors-without-headers",
            "Refusals of sign-on and roles come without the security headers.",
            "api.errors.headers",
        ),
    ),
    Defect(
        "identity-from-header",
        "Who names a known e-mail address in the header Cf-Access-Authenticated-User-Email is that person.",
        "roles.person_from_request",
        "roles",
        ("roles",),
    ),
    Defect(
        "health-says-healthy",
        "The health says that each part is healthy, and asks none.",
        "health.part",
        "platform_dependencies",
        ("dependencies",),
    ),
    Defect(
        "one-operation-audited",
        "Only the start of a workflow is in the audit trail.",
        "audit.event",
        "audited_attempts",
        ("audit-trail",),
    ),
    Defect(
        "roles-without-difference",
        "Whoever is signed in may do what an administrator may.",
        "roles.cell",
        "roles",
        ("agents", "analytics", "audit-trail", "errors", "people", "roles", "security", "sign-on", "workflows"),
    ),
    Defect(
        "session-administration-fails",
        "An administrator who reads or ends a session is answered with 500.",
        "roles.cell",
        "roles",
        ("audit-trail", "roles", "security", "sign-on", "tenant-data"),
    ),
    Defect(
        "missing-agent-is-a-fault",
        "The deployment of an agent that is not there ends in an error 500.",
        "roles.cell",
        "roles",
        ("agents", "audit-trail", "roles", "security", "tenant-data"),
    ),
    Defect(
        "removal-of-nothing-succeeds",
        "The removal of an MCP server that is not there is answered as one that was done.",
        "roles.cell",
        "roles",
        ("agents", "audit-trail", "roles", "tenant-data"),
    ),
    Defect(
        "moments-in-two-zones",
        "The health is dated by a moment with an offset and a Z behind it, which is no moment.",
        "health.contract",
        "platform_dependencies",
        ("dependencies",),
    ),
    Defect(
        "unavailable-by-repr",
        "A failure of what the platform stands on is shown as Python prints a dictionary.",
        "dependencies.words",
        "platform_dependencies",
        ("dependencies",),
    ),
    Defect(
        "server-named-twice",
        "Each answer has two headers Server.",
        "security.doubled-headers",
        "platform_attacks",
        ("security",),
    ),
)
# Names that stand for several defects, to be switched on together.
PRESETS = {"promptcraft-public-application": tuple(defect.name for defect in PUBLIC_APPLICATION)}
