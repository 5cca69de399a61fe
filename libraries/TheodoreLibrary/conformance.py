"""Keywords that hold the whole API against its contract."""

from __future__ import annotations

import random
import re
import time
from typing import Any

from robotlibcore import keyword

from theodore_qa.checks import Checks
from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.log import log_table
from TheodoreLibrary import contract

SUCCESS = range(200, 300)
REFUSED = 401
SECURITY_HEADERS = {
    "x-content-type-options": r"nosniff",
    "x-frame-options": r"DENY|SAMEORIGIN",
    "referrer-policy": r"no-referrer|same-origin|strict-origin(-when-cross-origin)?",
    "permissions-policy": r".+",
    "content-security-policy": r".*default-src.*",
    "x-api-version": r"2\..+",
    "x-request-id": r"\S{8,}",
}
CREDENTIALS = (("nothing", None, None), ("a token", "not.a.token", None), ("a key", None, "theo_sk_made_up_and_worthless"))
BANNERS = ("server", "x-powered-by")


class ConformanceKeywords:
    """Single requests, and all operations at once."""

    @keyword(tags=("api",))
    def request_should_be_answered(
        self, method: str, path: str, status: int, body: Any = None, *, identity: str | None = None
    ) -> Any:
        """Sends a request, checks its status, and the answer by the contract; returns the answer's JSON.

        | =Argument= | =Meaning= |
        | ``method``, ``path`` | the operation, below the API's prefix, such as GET and /plugins?limit=2 |
        | ``status`` | the expected status |
        | ``body`` | what to send: a dictionary, a list, or JSON text |
        | ``identity`` | who asks; the first identity of the environment by default, NOBODY for nobody |

        Example:
        | Request Should Be Answered    GET    /plugins/categories    200
        | Request Should Be Answered    POST    /research    422    {"company_name": "Slack", "timeout_seconds": 5}
        """
        answer = context.http.request(
            method.upper(), _path(path), json_body=as_json(body), token=None if identity == "NOBODY" else context.token(identity)
        )
        checks = Checks("Answer", f"{method} {path.partition('?')[0]}")
        check = "api.answered" if status in SUCCESS else "api.refused"
        checks.that(check, answer.status == status, status, f"{answer.status} with {answer.excerpt(160)}")
        contract.conforms(checks, "api.contract", answer)
        checks.conclude()
        return answer.body

    @keyword(tags=("api",))
    def every_operation_should_need_an_identity(self) -> None:
        """Calls every operation of the contract that wants an identity without one and with a made-up one: 401, each.

        The contract says which operations want one; the number of those that were tried is shown.

        Example:
        | Every Operation Should Need An Identity
        """
        checks = Checks("Without an identity")
        for template, method in _operations():
            if "security" not in contract.document()["paths"][template][method]:
                continue
            path = context.api(re.sub(r"\{[^}]+\}", "unknown", template).removeprefix(contract.PREFIX))
            for kind, token, api_key in CREDENTIALS:
                answer = context.http.request(method.upper(), path, token=token, api_key=api_key)
                checks.that(
                    "api.identity_needed",
                    answer.status == REFUSED,
                    REFUSED,
                    f"{answer.status} for {method.upper()} {template} with {kind}",
                )
                asked = answer.headers.get("www-authenticate", "none")
                checks.that("api.challenge", contract.is_bearer(asked), "WWW-Authenticate: Bearer", asked)
                contract.conforms(checks, "api.contract", answer)
        checks.conclude()

    @keyword(tags=("api",))
    def security_headers_should_be_on_every_reply(self, *, identity: str | None = None, limited: str = "limited") -> None:
        """Provokes every kind of reply (200, 401, 403, 404, 405, 422, 429) and checks the security headers of each.

        | =Argument= | =Meaning= |
        | ``identity`` | an ordinary user; the first identity of the environment by default |
        | ``limited`` | an identity with the limits of production, whose sign-ins are used up for the 429 |

        No reply may say by ``Server`` or ``X-Powered-By`` what it runs on.

        Example:
        | Security Headers Should Be On Every Reply
        """
        token = context.token(identity)
        wrong = {"username": context.environment.identity(limited).username, "password": "wrong-password"}
        kinds: list[tuple[int, str, str, Any, str | None]] = [
            (200, "GET", "/version", None, None),
            (200, "GET", "/plugins", None, token),
            (401, "GET", "/plugins", None, None),
            (403, "GET", "/config", None, token),
            (404, "GET", "/research/unknown", None, token),
            (404, "GET", "/no-such-route", None, token),
            (405, "PATCH", "/version", None, token),
            (422, "POST", "/research", {}, token),
        ]
        checks = Checks("Security headers")
        for status, method, path, body, given in kinds:
            answer = context.http.request(method, context.api(path), json_body=body, token=given)
            checks.that("api.kind_of_reply", answer.status == status, status, f"{answer.status} for {method} {path}")
            self._headers(checks, answer)
        for _ in range(20):
            answer = context.http.request("POST", context.api("/auth/login"), json_body=wrong)
            if answer.status == 429:  # noqa: PLR2004  # too many requests
                break
            checks.equal("api.kind_of_reply", 401, answer.status)
            self._headers(checks, answer)
        checks.equal("api.kind_of_reply", 429, answer.status)
        self._headers(checks, answer)
        checks.conclude()

    @staticmethod
    def _headers(checks: Checks, answer: Any) -> None:
        missing = [name for name, form in SECURITY_HEADERS.items() if not re.fullmatch(form, answer.headers.get(name, ""))]
        told = [name for name in BANNERS if answer.headers.get(name)]
        observed = f"{answer.status}: without {', '.join(missing)}" if missing else f"{answer.status}: all"
        checks.that("api.security_headers", not missing, "every security header", observed, n=len(SECURITY_HEADERS))
        documented = contract.is_documented(answer.method, answer.path)
        place = f"{answer.method} {answer.path}"
        undocumented = [*contract.envelope(answer, place), *contract.stale(answer, place)]
        found = contract.problems(answer) if documented else undocumented
        checks.that("api.reply", not found, "a reply of this moment, as in the contract", "; ".join(found) or "it is")
        checks.that(
            "api.no_banner", not told, "no banner", f"{answer.status}: {', '.join(told)}" if told else "none", n=len(BANNERS)
        )

    @keyword(tags=("api",))
    def generated_requests_should_be_as_in_the_contract(
        self, *, examples: int = 8, seed: int | None = None, identity: str = "admin"
    ) -> None:
        """Sends generated requests to every operation of the contract, valid and invalid ones, and judges each answer.

        | =Argument= | =Meaning= |
        | ``examples`` | how many of each kind for each operation; 8 by default |
        | ``seed`` | the seed of the generator; made up by default, and printed |
        | ``identity`` | who asks; it should be allowed everything |

        Valid requests are not refused as invalid, invalid ones are not accepted, nothing is answered 500, and each answer has a
        status and a shape that the contract names. Changes state: the environment must allow ``active_scan`` and
        ``destructive``. Needs the extra ``contract`` (schemathesis).

        Example:
        | Generated Requests Should Be As In The Contract    examples=2    seed=7
        """
        from TheodoreLibrary import generated  # seldom used

        context.permit("active_scan")
        context.permit("destructive")
        seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        checks = Checks("Generated requests", f"seed {seed}")
        rows = []
        for one in generated.tried(identity, examples, seed):
            found = list(dict.fromkeys(one.problems))
            rows.append((one.label, one.valid, one.invalid, "; ".join(found[:3]) or "none"))
            if one.valid + one.invalid:
                checks.that(
                    f"api.generated.{one.label}",
                    not found,
                    "every answer as in the contract",
                    "; ".join(found[:3]) or "all are",
                    n=one.valid + one.invalid,
                )
        log_table(f"Generated requests, seed {seed}", ("Operation", "Valid", "Invalid", "Problems"), rows, cap=100)
        checks.conclude()

    @keyword(tags=("api",))
    def every_operation_should_have_succeeded(self) -> None:
        """Checks that each operation of the contract was answered with success at least once in this process.

        Operations count that a keyword has judged by the contract. The log shows how often each was, and the number of all.

        Example:
        | Every Operation Should Have Succeeded
        """
        rows, missing = [], []
        for template, method in _operations():
            seen = dict(contract.exercised.get((template, method), {}))
            succeeded = sum(count for status, count in seen.items() if status in SUCCESS)
            told = ", ".join(f"{count} times {status}" for status, count in sorted(seen.items()))
            rows.append((f"{method.upper()} {template}", succeeded, told or "never asked"))
            if not succeeded:
                missing.append(f"{method.upper()} {template}")
        log_table("Operations of the contract", ("Operation", "Succeeded", "By status"), rows, cap=200)
        checks = Checks("Operations", f"{len(rows)} of the contract")
        done = len(rows) - len(missing)
        observed = f"{done} of {len(rows)}" + (f"; not: {', '.join(missing)}" if missing else "")
        checks.that("api.operations", not missing, f"{len(rows)} of {len(rows)} answered with success", observed, n=len(rows))
        checks.conclude()

    @keyword(tags=("api",))
    def undocumented_paths_should_not_be_there(self, *paths: str, identity: str = "admin") -> None:
        """Asks for paths that the contract does not have and checks that they are answered 404, also to an administrator.

        | =Argument= | =Meaning= |
        | ``paths`` | paths from the root, such as /docs; a made-up one is added |
        | ``identity`` | who asks, so that 401 does not hide what is there |

        Example:
        | Undocumented Paths Should Not Be There    /docs    /openapi.json
        """
        checks = Checks("Undocumented paths")
        for path in (*paths, f"/api/v2/qa-{time.time_ns():x}"):
            answer = context.http.request("GET", path, token=context.token(identity))
            checks.that("api.undocumented", answer.status == 404, 404, f"{answer.status} for {path}")  # noqa: PLR2004  # not found
        checks.conclude()


def _operations() -> list[tuple[str, str]]:
    return [(template, method) for template, methods in contract.document()["paths"].items() for method in methods]


def _path(path: str) -> str:
    return path if path in ("/", "/ping") else context.api(path)


def as_json(body: Any) -> Any:
    """What a suite gives as a body: a value as it is, or JSON text."""
    if not isinstance(body, str):
        return body
    import json

    try:
        return json.loads(body)
    except ValueError:
        raise QaError(f"The body is not JSON: '{body[:100]}'. Give a dictionary, a list, or JSON text.") from None
