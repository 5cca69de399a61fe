"""Keywords that define what a load sends."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from LoadLibrary.building import LoadJourney, LoadStep, tree
from theodore_load import streaming
from theodore_qa.errors import UsageError


class StepKeywords:
    """Steps and journeys."""

    @keyword(tags=("load", "precondition"))
    def define_load_step(
        self,
        method: str,
        path: str,
        status: str = "",
        *,
        text: str | None = None,
        fields: Any = None,
        schema: Any = None,
        json: Any = None,
        form: Any = None,
        multipart: Any = None,
        headers: dict[str, str] | None = None,
        take: dict[str, str] | None = None,
        until: Any = None,
        every: str = "200 ms",
        within: str = "60 s",
        timeout: str | None = None,
        redirects: int = 0,
        phases: Any = None,
        send: list[str] | str | None = None,
        receive: int = 1,
        weight: int = 1,
        name: str | None = None,
    ) -> LoadStep:
        """Returns a step of a load: a request, and what its answer has to be. Nothing is sent yet.

        At least one of ``text``, ``fields`` and ``schema`` is needed where the answer has a body, so that an empty answer is
        no success.

        Args:
            method: The method, such as ``GET``; ``WS`` for a session over a WebSocket, ``SSE`` for a stream of server-sent
                events. A session is over once all has come that it waits for, and its time is that of the whole.
            path: The path below the system's prefix; values stand in double braces, such as ``/research/{{job}}``.
            status: The expected status, or several with commas between them. Any other is an error. By default 200, and 101 of
                a WebSocket.
            text: A text that the body has to hold; any body by default.
            fields: Fields that the JSON body has to have, as a dictionary or JSON: the value, a list of values of which any
                is right, or ``*`` for any value at all. Names of fields within fields have dots. None by default.
            schema: A JSON schema that the body has to keep to, as a dictionary, as JSON, or as the name of a file in
                ``variables/``.
            json: The body as JSON; no body by default. A value that fills a text alone keeps its type.
            form: The fields of a form, as a dictionary or JSON; none by default.
            multipart: The parts of a form with files, as a dictionary or JSON: a text, or ``{"file": "people.csv"}`` for a file
                in ``variables/``; ``{"content": "a,b", "name": "x.csv", "type": "text/csv"}`` for one that is written here.
            headers: More headers; none by default.
            take: Values that later steps need: their names, and the fields of the answer where they stand.
            until: Fields as in ``fields`` for which the request is repeated until the answer has them. Of a session: the text
                that one of its messages has to hold.
            every: The time between two such requests; 200 ms by default.
            within: The most time until the answer has them, 60 s by default; later is an error.
            timeout: The most time for the whole answer; by default that of the load.
            redirects: How many redirects are followed, none by default; they count in the time. One to another host is an
                error.
            phases: Where the answer lists the system's own phases, as a dictionary or JSON: ``{"at": "progress.phases", "name":
                "phase_name", "milliseconds": "duration_ms"}``, for `Find Bottleneck`.
            send: The messages that a session over a WebSocket sends; none by default.
            receive: How many messages or events a session waits for, 1 by default; ``fields`` and ``schema`` are those of
                the last one.
            weight: How often the step is chosen, relative to the other steps and journeys of a load; 1 by default.
            name: The name of the step in the figures; method and path by default.

        Raises:
            UsageError: An argument is no JSON.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Run Load Test    ${version}    users=5    iterations=4
        Error Rate Should Be    ==    0
        ```
        """
        declared: dict[str, Any] = {
            "request": f"{method.upper()} {path}",
            "expect": {"status": [part.strip() for part in str(status).split(",")]} if status else {},
            "every": every,
            "within": within,
        }
        expect = {
            "text": text,
            "fields": tree(fields, "argument fields"),
            "schema": schema if isinstance(schema, str) and schema.endswith(".json") else tree(schema, "argument schema"),
        }
        declared["expect"] |= {key: value for key, value in expect.items() if value is not None}
        more = {
            "json": tree(json, "argument json"),
            "form": tree(form, "argument form"),
            "headers": headers,
            "take": take,
            "multipart": tree(multipart, "argument multipart"),
            "redirects": redirects or None,
            "phases": tree(phases, "argument phases"),
            "timeout": timeout,
            "name": name,
        }
        if method.upper() in streaming.METHODS:
            declared["session"] = {"send": send or [], "receive": receive, "until": until or ""}
        else:
            more["until"] = tree(until, "argument until")
        return LoadStep(declared | {key: value for key, value in more.items() if value is not None}, weight)

    @keyword(tags=("load", "precondition"))
    def define_load_journey(self, name: str, *steps: LoadStep, weight: int = 1) -> LoadJourney:
        """Returns a journey: steps that a user takes in this order. It ends at the first step that fails.

        The time of a whole journey is kept under its name, for `Get Latency`.

        Args:
            name: The name of the journey in the figures.
            steps: The steps, as `Define Load Step` returns them.
            weight: How often the journey is chosen, relative to the other steps and journeys of a load; 1 by default.

        Raises:
            UsageError: There are no steps.

        Example:

        ```robotframework
        VAR    &{take}    job=job_id
        VAR    &{slack}    company_name=Slack
        ${start} =    Define Load Step    POST    /research    json=${slack}    fields=${slack}    take=${take}
        ${wait} =    Define Load Step    GET    /research/{{job}}    fields=${slack}    until={"status": "completed"}
        ${research} =    Define Load Journey    research    ${start}    ${wait}
        Run Load Test    ${research}    users=2    iterations=1
        Get Latency    p95    <    60 s    step=research
        ```
        """
        if not steps:
            raise UsageError(f"The journey '{name}' has no steps: define some by 'Define Load Step'.")
        return LoadJourney(name, steps, weight)
