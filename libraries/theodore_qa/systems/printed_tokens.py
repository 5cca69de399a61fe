"""Tokens that a command of the tester prints."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import redact
from theodore_qa.systems import tokens

if TYPE_CHECKING:
    from theodore_qa.systems.identities import Identity

WITHIN = 60.0  # seconds


def printed(identity: Identity) -> str:
    """The last line that the command of an identity's way prints; it is kept as a secret.

    Raises:
        NotEvaluatedError: It cannot be started, fails, prints nothing, or does not end in time.
    """
    words = [word.replace("{username}", identity.username) for word in identity.way.command]
    secret = {"THEODORE_PASSWORD": identity.password()} if identity.signs_in else {}
    try:
        done = subprocess.run(words, env={**os.environ, **secret}, capture_output=True, text=True, timeout=WITHIN, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = f"it did not end within {WITHIN:g} s" if isinstance(error, subprocess.TimeoutExpired) else str(error)
        raise NotEvaluatedError(f"The command {words[0]} gave no token of '{identity.name}': {reason}.") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise NotEvaluatedError(
            f"The command {words[0]} gave no token of '{identity.name}': exit code {done.returncode}, "
            f"'{redact(done.stderr.strip())[:120]}'."
        )
    return tokens.kept_secret(lines[-1].strip(), f"token of {identity.name}")
