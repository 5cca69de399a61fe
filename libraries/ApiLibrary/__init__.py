"""ApiLibrary: requests to any HTTP API, and checks of its responses."""

from __future__ import annotations

from ApiLibrary.keywords.clients import ClientKeywords
from ApiLibrary.keywords.consistency import ConsistencyKeywords
from ApiLibrary.keywords.contract import ContractKeywords
from ApiLibrary.keywords.error_answers import ErrorAnswerKeywords
from ApiLibrary.keywords.foreign import ForeignKeywords
from ApiLibrary.keywords.foreign_tokens import ForeignTokenKeywords
from ApiLibrary.keywords.forms import FormKeywords
from ApiLibrary.keywords.generated import GeneratedKeywords
from ApiLibrary.keywords.request_limits import RequestLimitKeywords
from ApiLibrary.keywords.requests import RequestKeywords
from ApiLibrary.keywords.responses import ResponseKeywords
from ApiLibrary.keywords.streams import StreamKeywords
from theodore_qa.library import Library


class ApiLibrary(Library):
    """Tests any HTTP API that the environment file describes, with an OpenAPI document or without one.

    A first test is one line:

    ```robotframework
    Get Response Status    GET /orders/7    ==    200
    ```

    ## Requests

    A request is a text such as ``GET /orders/7?expand=items``; its path is below the system's prefix. The first identity of
    the system sends it, or the one that ``identity`` names; ``identity=NOBODY`` sends it anonymously. Where a keyword takes a
    request, it also takes a response that `Send Request` or a keyword of RequestsLibrary returned.

    ## Assertions

    ``Get ...`` keywords return a value. With an operator and an expected value they compare it first:

    ```robotframework
    Get Response Field    GET /orders/7    status    ==    shipped
    ```

    Each comparison is recorded as an observation; a test in which nothing was observed fails.
    """

    SYSTEM = ""

    def __init__(self) -> None:
        """Import without arguments: the environment file describes the systems."""
        super().__init__(
            [
                RequestKeywords(),
                RequestLimitKeywords(),
                ResponseKeywords(),
                ContractKeywords(),
                ErrorAnswerKeywords(),
                ConsistencyKeywords(),
                GeneratedKeywords(),
                StreamKeywords(),
                ForeignKeywords(),
                ForeignTokenKeywords(),
                ClientKeywords(),
                FormKeywords(),
            ]
        )
