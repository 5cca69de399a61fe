"""The keyword that runs a load."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Literal, TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from LoadLibrary import building, dependencies, pictures, watching
from LoadLibrary.building import LoadJourney, LoadRequest, LoadStep, tree
from LoadLibrary.verdicts import conclude_run, duration, Load
from theodore_qa import paths
from theodore_qa.artefacts import folder as evidence_folder
from theodore_qa.cancelling import cancellation
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.markup import own_html
from theodore_qa.redaction.secrets import secrets
from theodore_qa.timing import show

if TYPE_CHECKING:
    from theodore_load.results import Result

COLUMNS = ("count", "errors", "rate", "mean", "p50", "p95", "p99", "p99.9", "max", "service p95")


class RunningKeywords:
    """Running a load; the last one is kept for the keywords that judge it."""

    def __init__(self) -> None:
        self._last: Load | None = None
        self._test: object = None

    def last(self) -> Load | None:
        """The last load of the test that runs: that of another test proves nothing here."""
        return self._last if self._test is recorder.test else None

    def judged(self, load: Load | None) -> Load:
        """The load that a check names, or the last one of its test.

        Raises:
            UsageError: There is neither.
        """
        found = load or self.last()
        if found is None:
            raise UsageError("There is no load to judge: run one by 'Run Load Test' first.")
        return found

    @keyword(tags=("load", "precondition"))
    def run_load_test(
        self,
        *steps: LoadStep | LoadJourney,
        users: int = 0,
        iterations: int = 0,
        rate: float = 0,
        duration: str = "",
        stages: list[str] | None = None,
        think: str | list[str] = "0",
        ramp: str = "0",
        timeout: str = "10 s",
        identities: list[str] | str | None = None,
        own_sessions: bool = False,
        data: Any = None,
        most_users: int = 200,
        error_budget: str = "100 %",
        lateness: str = "100 ms",
        watch: str = "api",
        engine: Literal["own", "locust"] = "own",
        name: str = "",
    ) -> Load:
        """Runs a load and writes its figures into the log; the keywords that judge it come after it.

        In the closed model ``users`` wait for their answers and go through the steps so many ``iterations`` or for a
        ``duration``. In the open model so many journeys a second start, whatever the system does: their response times count
        from the intended start, so that a stall shows in full. ``stages`` writes both, one after another, for steps, ramps
        and spikes.

        While it lasts, memory and CPU of a process or container of the system are sampled, where the environment names it:
        `Memory Should Not Grow` and `Get Resource Usage` judge them.

        Files with all figures (CSV and JSON) are written to ``load/`` beside the evidence; the log names them.

        Args:
            steps: Steps and journeys, as `Define Load Step` and `Define Load Journey` return them; chosen by their weights.
            users: The users of the closed model.
            iterations: How often each user goes through a step or journey.
            rate: The journeys a second that start in the open model.
            duration: How long, where ``iterations`` does not say it.
            stages: Stages in place of these four: ``10/s for 30 s``, ``10/s to 50/s for 30 s``, ``20 users for 30 s``,
                ``5 users to 20 users for 30 s`` or ``20 users x 10``.
            think: The time a user thinks between two requests; of a list of two, a random time between them.
            ramp: The time within which the users of the closed model begin, one after another; by default all at once, which is
                a spike of its own.
            timeout: The most time for a whole answer; later is an error.
            identities: Whom the users are, in turn: a list, or names with commas between them. The first identity by default,
                ``NOBODY`` for an anonymous caller. All are signed in before anything is measured.
            own_sessions: Sign each user in by itself, also where several have one identity.
            data: Rows of values, one for each user in turn: a list of dictionaries, a CSV file in ``variables/``, or
                ``{"faker": {"company": "company", "mail": "email"}, "rows": 50}`` for synthetic ones, the same in each run.
            most_users: The most users of the open model; an arrival that finds none waits.
            error_budget: The share of errors at which the load stops.
            lateness: How late the client may be for its own appointments, at the 99th percentile. A load whose client was
                later is NOT EVALUATED.
            watch: The process or container of the environment whose memory and CPU are sampled.
            engine: ``own``, or ``locust`` for the workers of Locust that the environment names, on as many machines as they are.
                They send no sessions over WebSockets or events and follow no redirects.
            name: The name of the load in log and files; that of the test by default.

        Raises:
            NotGrantedError: The environment does not allow load, or not so much.
            NotEvaluatedError: No answer came that was checked and expected, or the client could not keep up.

        Example:

        ```robotframework
        ${ping} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        VAR    @{stages}    5/s for 1 s    10/s for 1 s
        Run Load Test    ${ping}    stages=${stages}
        Error Rate Should Be    <    1 %
        ```
        """
        planned = stages or [_stage(users, iterations, rate, duration)]
        request = LoadRequest(
            steps,
            planned,
            think,
            timeout,
            identities,
            own_sessions,
            data,
            most_users,
            error_budget,
            lateness,
            watch,
            name,
            engine,
            ramp,
        )
        load = self.measure(request)
        conclude_run(load)
        return load

    @keyword(tags=("load", "precondition"))
    def write_locustfile(
        self,
        file: str,
        *steps: LoadStep | LoadJourney,
        users: int = 50,
        think: str | list[str] = "0",
        timeout: str = "10 s",
        identities: list[str] | str | None = None,
        data: Any = None,
    ) -> str:
        """Writes steps and journeys as a locustfile, for those who have Locust already. Nothing is sent.

        Whoever runs it needs ``pip install 'robotframework-theodore[load,locust]'``. The file holds no credentials: those of the
        identities come from the environment variable that it names.

        Args:
            file: The path of the file, which is written anew.
            steps: Steps and journeys, as `Define Load Step` and `Define Load Journey` return them.
            users: The users that the file advises; Locust's options say how many there are.
            think: The time a user thinks between two requests; of a list of two, a random time between them.
            timeout: The most time for a whole answer.
            identities: Whom the users are, in turn, as for `Run Load Test`.
            data: Rows of values, as for `Run Load Test`.

        Returns:
            The path.

        Raises:
            UsageError: A step is sent by our own engine alone, or holds a secret.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Write Locustfile    ${OUTPUT DIR}/locustfile.py    ${version}    think=1 s
        Run Load Test    ${version}    users=2    iterations=2    lateness=30 s
        Error Rate Should Be    ==    0
        ```
        """
        from theodore_load.on_locust import exporting

        options: dict[str, Any] = {
            "stages": [f"{plural(users, 'user')} for 60 s"],
            "think": think,
            "timeout": timeout,
            "data": tree(data, "argument data") if isinstance(data, str) and data.startswith("{") else data,
        }
        scenario = building.described(context.system, steps, _names(identities), options, _variables())
        path = Path(file)
        text = exporting.locustfile(scenario, path.name)
        if secrets.redact(text) != text:
            raise UsageError("The steps hold a secret, which a file must not: take the header out, and name an identity.")
        path.write_text(text, encoding="utf-8")
        logger.info(f"The locustfile is {path}.")
        return str(path)

    def measure(self, request: LoadRequest) -> Load:
        """Run a load, write its figures into the log, and keep it as the last one; whether it can be judged is not said here."""
        from LoadLibrary.verdicts import share
        from theodore_load import artefacts, engine
        from theodore_load.live import LiveFigures

        system = context.system
        locust = building.locust_of(system) if request.engine == "locust" else None
        name = request.name or (recorder.test.name if recorder.test else "load")
        data = request.data
        options: dict[str, Any] = {
            "stages": request.stages,
            "think": request.think,
            "ramp": request.ramp,
            "timeout": request.timeout,
            "data": tree(data, "argument data") if isinstance(data, str) and data.startswith("{") else data,
            "users": request.most_users,
            "limits": {"errors": share(request.error_budget), "lateness": request.lateness},
        }
        began = time.monotonic()
        names = _names(request.identities)
        scenario = building.build(system, request.steps, names, options, _variables(), own_sessions=request.own_sessions)
        signed_in = ", ".join(dict.fromkeys(identity["name"] for identity in scenario.identities))
        sessions, took = len(scenario.identities), show(time.monotonic() - began)
        logger.info(
            f"Before measuring: users are {signed_in} in {plural(sessions, 'session')}; to start and sign them in took {took}."
        )

        def keep(result: Result) -> None:
            files = artefacts.write(result, _folder(name))
            _log(name, result, [str(file) for file in files])

        calls = dependencies.begin(system)
        watch = watching.start(system, request.watch)
        try:
            with LiveFigures(name, scenario.duration, write=logger.console) as live:
                result = engine.run(scenario, keep=keep, interrupted=lambda: cancellation.requested, progress=live, locust=locust)
        finally:
            watch.stop()
        calls.end()
        load = Load(name, system, result, watch, calls)
        watching.log(result, watch)
        self._last, self._test = load, recorder.test
        for figures in result.steps:
            if figures.ok:
                recorder.exchanged(figures.sample)
        return load


def _stage(users: int, iterations: int, rate: float, duration: str) -> str:
    """The stage that named arguments describe."""
    if users and rate:
        raise UsageError("Give either users=, who wait for answers, or rate=, which waits for nobody; or stages= for several.")
    if iterations and duration:
        raise UsageError("Give either iterations= or duration=, not both.")
    if (rate and not duration) or not (rate or users) or not (iterations or duration):
        raise UsageError("Say how much is sent: users= with iterations= or duration=, rate= with duration=, or stages=.")
    if rate:
        return f"{rate:g}/s for {duration}"
    return f"{plural(users, 'user')} x {iterations}" if iterations else f"{plural(users, 'user')} for {duration}"


def _names(identities: list[str] | str | None) -> list[str]:
    whom = identities.split(",") if isinstance(identities, str) else identities or []
    return [identity.strip() for identity in whom]


def _variables() -> Path:
    return paths.project() / "variables"


def _folder(name: str) -> Path:
    """A folder beside the evidence that no earlier load of this run has written to."""
    folder = evidence_folder() / "load" / re.sub(r"[^\w-]+", "_", name)
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def _log(name: str, result: Result, files: list[str]) -> None:
    """Tables and pictures in log.html."""
    if not result.steps:
        logger.info(f"The load was not run: {result.partial or 'no worker has a result'}.")
        return
    rows = [(row["step"], *(_cell(row[column], column) for column in COLUMNS)) for row in result.rows()]
    log_table(f"Load: {name}", ("Step", *(column.capitalize() for column in COLUMNS)), rows)
    errors = [
        (figures.name, kind, count, figures.examples[kind])
        for figures in (*result.steps, *result.journeys)
        for kind, count in figures.errors.most_common()
    ]
    if errors:
        log_table("Errors", ("Step", "Kind", "Count", "First of them"), errors)
    if result.unsent:
        log_table("Not sent", ("Cause", "Count"), list(result.unsent.items()))
    for picture in filter(None, (pictures.over_time(result), pictures.histogram(result))):
        logger.info(own_html(picture), html=True)
    late, workers = result.data()["client"]["late p99"], "worker process" if result.workers == 1 else "worker processes"
    logger.info(
        f"{result.scenario.model[:1].upper()}{result.scenario.model[1:]}. {result.workers} {workers}, "
        f"{', '.join(f'{share:.0%}' for share in result.cpu)} of a core each; late for their own appointments: "
        f"{duration(late)} (p99). Percentiles are nearest ranks over all requests; a failed one counts as never answered."
    )
    if result.partial:
        logger.warn(f"The load {name} is not whole: {result.partial}.")
    logger.info("Files: " + ", ".join(files))


def _cell(value: Any, column: str) -> Any:
    if not isinstance(value, float):
        return value
    return f"{value:.1f}/s" if column == "rate" else duration(value)
