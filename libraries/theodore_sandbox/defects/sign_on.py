"""The defects of PromptCraft's sign-on: tokens, the way by which people sign on, sessions and roles."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

SIGN_ON = (
    Defect(
        "pkce-not-verified",
        "The identity provider redeems a code with any verifier.",
        "sign_on.pkce",
        "sign_on",
        ("sign-on",),
    ),
)
