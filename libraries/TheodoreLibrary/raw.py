"""Keywords for testers who send requests themselves with RequestsLibrary."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urljoin

from robotlibcore import keyword

from theodore_qa import safety
from theodore_qa.builtin import builtin
from theodore_qa.checks import Checks
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.http import Answer
from theodore_qa.observations import recorder
from TheodoreLibrary import contract


class RawKeywords:
    """Sessions and checks for raw API calls."""

    @keyword(tags=("raw",))
    def create_authorised_session(self, alias: str, *, identity: str | None = None) -> None:
        """Makes a RequestsLibrary session to the system under test that carries an identity's token.

        | =Argument= | =Meaning= |
        | ``alias`` | the session's name for RequestsLibrary's keywords such as ``GET On Session`` |
        | ``identity`` | whose token; the first identity of the environment by default |

        RequestsLibrary must be imported by the suite. Redirects to hosts that the environment does not list are refused.

        Example:
        | Create Authorised Session    theodore    identity=analyst
        | ${response} =    GET On Session    theodore    /api/v2/auth/profile
        | Response Should Be As In The Contract    ${response}    200
        """
        try:
            requests_library: Any = builtin().get_library_instance("RequestsLibrary")
        except RuntimeError:
            raise UsageError(
                "Create Authorised Session needs RequestsLibrary: add 'Library    RequestsLibrary' to the suite."
            ) from None
        token = context.token(identity)
        signed_in = context.sign_ins[context.environment.identity(identity).name]
        checks = Checks("Signed in", signed_in.path)
        contract.conforms(checks, "session.contract", signed_in)
        checks.conclude()
        session = requests_library.create_session(alias, context.environment.url, verify=True, disable_warnings=1)
        session.auth = _Bearer(token)
        session.trust_env = False
        session.hooks["response"].append(_count)

    @keyword(tags=("raw",))
    def response_should_be_as_in_the_contract(self, response: Any, status: int = 200) -> None:
        """Checks a RequestsLibrary response: its status, and its body by Theodore's contract.

        | =Argument= | =Meaning= |
        | ``response`` | what a RequestsLibrary keyword returned |
        | ``status`` | the expected status; 200 by default |

        Example:
        | Create Authorised Session    theodore
        | ${response} =    GET On Session    theodore    /api/v2/version
        | Response Should Be As In The Contract    ${response}    200
        """
        if not hasattr(response, "request") or not hasattr(response, "status_code"):
            raise UsageError(
                f"Response Should Be As In The Contract needs a response of RequestsLibrary, and was given {response!r}."
            )
        sent = dt.datetime.now(dt.UTC) - response.elapsed
        answer = Answer(
            response.request.method,
            response.request.path_url,
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            response.text,
            sent,
            response.elapsed.total_seconds(),
        )
        checks = Checks("Response", f"{answer.method} {answer.path}")
        checks.equal("api.status", status, answer.status)
        contract.conforms(checks, "api.contract", answer)
        checks.conclude()

    @keyword(tags=("raw",))
    def response_field_should_be(self, response: Any, field: str, expected: Any) -> None:
        """Checks one field of the JSON of a RequestsLibrary response.

        | =Argument= | =Meaning= |
        | ``response`` | what a RequestsLibrary keyword returned |
        | ``field`` | its name; dots lead into objects, as in components.database.status |
        | ``expected`` | the value; numbers and booleans are compared by their text |

        Example:
        | Create Authorised Session    theodore
        | ${response} =    GET On Session    theodore    /api/v2/health
        | Response Field Should Be    ${response}    status    healthy
        """
        try:
            value = response.json()
            for part in field.split("."):
                value = value[part]
            observed = str(value)
        except (ValueError, KeyError, TypeError, AttributeError):
            observed = "no such field"
        checks = Checks("Response", getattr(getattr(response, "request", None), "path_url", ""))
        checks.that(f"api.field.{field}", observed == str(expected), expected, observed)
        checks.conclude()


class _Bearer:
    """Puts the token on each request to our own hosts; requests keeps it out of what RequestsLibrary shows of a session."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        context.http.refuse_foreign(request.url)
        safety.refuse_changes(context.environment, request.method, request.path_url)
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _count(response: Any, *_: Any, **__: Any) -> Any:
    recorder.exchanged(response.text)
    if response.is_redirect:
        context.http.refuse_foreign(urljoin(response.url, response.headers["location"]))
    return response
