"""Cookies that are signed with a key that anyone guesses."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from SecurityLibrary.authentication import documented_keys, signed_cookies, word_lists
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities.accounts import account_of
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

USUAL = (
    "secret", "secret_key", "secret-key", "secretkey", "dev", "development", "changeme", "change-me", "change me",
    "keyboard cat", "super secret key", "supersecretkey", "your-secret-key", "test", "",
)  # fmt: skip


class CookieKey(Probe):
    """A cookie that holds a session is signed with a guessable key: anyone writes sessions of any user."""

    id = "cookie-weak-key"
    title = "Session cookies are signed with a guessable key"
    topic = "authentication"
    severity = Severity.CRITICAL
    cwe = 326
    owasp = (*AUTHENTICATION, "A02:2021", "A04:2025")
    tier = 2
    sends = (
        "two sign-ins; then nothing: usual keys, those that the documentation of frameworks shows, names of the API and 90,000 "
        "words of zxcvbn's lists are tried on the signatures of their cookies, as Flask, itsdangerous, Django, Tornado, Express, "
        "Rack and Bottle sign them, and as JSON Web Tokens are signed beside the session"
    )
    oracle = "one key fits the signatures of the cookies of both sign-ins"
    bad = 'app.secret_key = "secret"'
    good = 'app.secret_key = os.environ["SECRET_KEY"]  # 32 random bytes'
    remediation = "Sign cookies with at least 32 random bytes, kept out of the code."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Guess without asking."""
        identity = account_of(scan)
        answers = [scan.sender.try_sign_in(identity.username, identity.password()) for _ in range(2)]
        if not all(answer.cookies or scan.authenticator.token_in(answer) for answer in answers):
            raise NotEvaluatedError("the sign-ins brought neither a cookie nor a token")
        cookies = [dict(_signed(answer)) for answer in answers]
        names = cookies[0].keys() & cookies[1].keys()
        if claims_of(scan.authenticator.token_in(answers[0])) is not None:
            names -= {scan.authenticator.cookie}  # a session that is a JSON Web Token is forged by other attacks
        if not names:
            raise NotApplicableError("no sign-in sets a cookie that is signed in a form that is known")
        for name in sorted(names):
            scan.coverage.tried(self.id, f"the cookie {name}")
            for first in cookies[0][name]:
                own = (scan.target.name, f"{scan.target.name}-secret", f"{scan.target.name}_secret")
                key = first.key_among(chain(USUAL, documented_keys.KEYS, own, word_lists.keys()))
                again = key is not None and any(each.key_among([key]) == key for each in cookies[1][name])
                if again:
                    observed = f"the cookie {name} is signed with '{key}', as {first.form} signs cookies"
                    yield self.finding(scan.authenticator.operation, observed, *answers)
                    break


def _signed(answer: Exchange) -> Iterator[tuple[str, list[signed_cookies.Signed]]]:
    """The cookies of an answer that have a form of signed ones, by name."""
    for cookie in answer.cookies:
        name, _, rest = cookie.partition("=")
        if found := list(signed_cookies.forms(rest.partition(";")[0])):
            yield name.strip(), found
