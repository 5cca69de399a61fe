"""What calls of the command line are held to: exit codes, streams, data, and what they say read back over the API."""

from __future__ import annotations

import re
import signal
import stat
from itertools import pairwise
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.redaction.secrets import shortened
from theodore_qa.systems import pointers
from theodore_qa.systems.exchange import parsed, parsed_yaml
from theodore_qa.timing import show
from TheodoreLibrary import command_colours, command_proof, documents, jobs, printed_documents

if TYPE_CHECKING:
    from pathlib import Path

    from TheodoreLibrary.command_line import CommandResult

SUCCEEDED, FAILED, MISUSED = 0, 1, 2
TRACEBACKS = ("Traceback (most recent call last)", "Exception ignored", 'File "')
JOB = re.compile(r"\b[a-z]{2,6}_[0-9A-Za-z]{6,}\b")
ROUTES = {
    "company_name": ("/research", "result"),
    "query_company": ("/discover", "results"),
    "total_companies": ("/batch/jobs", "completed"),
}
RESULTS = {".csv": "csv", ".xlsx": "excel"}
MOVING = ("last_updated", "ai_summary", "confidence_score")  # fields that two researches of a company need not share
KNOWN_BY = ("name", "job_id")
READABLE_BY_OTHERS = 0o077
LONGEST = 200


def about(title: str, result: CommandResult) -> Checks:
    """Checks of a call; where the command is not seen to talk to the system, they say so and pass nothing."""
    checks = Checks(title, str(result))
    if result.unproved:
        checks.not_evaluated("cli.proved", "a command that is seen to talk to the system", result.unproved)
    return checks


def exit_code(checks: Checks, result: CommandResult, expected: int) -> None:
    """The exit code, with what the command said of it."""
    observed = "none: it was ended at its time limit" if result.code is None else str(result.code)
    why = "" if result.code == expected else f" ({command_proof.excerpt(result)})"
    checks.that("cli.exit_code", result.code == expected, expected, f"{observed}{why}")


def plain(checks: Checks, result: CommandResult) -> None:
    """No traceback on either stream."""
    lines = [line for text in (result.stderr, result.stdout) for line in text.splitlines() if line.strip().startswith(TRACEBACKS)]
    observed = shortened(lines[0].strip(), LONGEST) if lines else "no traceback"
    checks.that("cli.plain_error", not lines, "sentences and no traceback", observed)


def succeeded(checks: Checks, result: CommandResult) -> None:
    """Exit code 0, data on standard output, no errors beside, and no colours where there is no terminal."""
    exit_code(checks, result, SUCCEEDED)
    checks.that(
        "cli.output",
        bool(result.stdout.strip()),
        "data on standard output",
        f"{len(result.stdout)} characters",
        n=len(result.stdout),
    )
    if not result.terminal:
        command_colours.without(checks, "cli.no_terminal", result, "no control sequences where no terminal is")
    plain(checks, result)


def failed(checks: Checks, result: CommandResult, code: int, message: str) -> None:
    """The exit code, and the message on standard error alone; standard output holds nothing or JSON."""
    exit_code(checks, result, code)
    on_error = message.casefold() in result.stderr.casefold()
    checks.that(
        "cli.error_stream",
        on_error and (not result.stdout.strip() or result.data is not None),
        f"'{message}' on standard error, and on standard output nothing or JSON",
        f"standard error {_begin(result.stderr, last=True)}, standard output {_begin(result.stdout)}",
    )
    plain(checks, result)


def reader_gone(checks: Checks, result: CommandResult) -> None:
    """A call whose output nobody reads is not done, and complains of nothing."""
    holds = result.code in (FAILED, -signal.SIGPIPE)
    checks.that("cli.reader_gone", holds, f"exit code {FAILED}, or signal SIGPIPE", f"exit code {result.code}")
    plain(checks, result)


def helps(checks: Checks, result: CommandResult, words: tuple[str, ...]) -> None:
    """Help on standard output that names what there is, and the default of an option that stands behind an equal sign."""
    missing = [word for word in words if not _helped(result.stdout, *word.partition("=")[::2])]
    observed = f"not named: {', '.join(missing)}" if missing else ", ".join(words)
    checks.that("cli.help", not missing, f"help that names {', '.join(words)}", observed, n=len(words))


def _helped(text: str, name: str, default: str) -> bool:
    """Whether help names an option or a command; with a default, whether the words about the option name that too."""
    place = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
    if place is None or not default:
        return place is not None
    about = " ".join(re.split(r"\n\s*-", text[place.end() :])[0].split())
    value = rf"(?<![\w.-]){re.escape(default)}(?![\w-]|\.\w)"
    return re.search(rf"(?i)\bdefault(?: is|:)? {value}|{value} by default", about) is not None


def json_object(checks: Checks, result: CommandResult) -> dict[str, Any]:
    """Standard output is one JSON object; empty if it is not."""
    data = result.data
    observed = f"an object with {', '.join(list(data)[:6])}" if isinstance(data, dict) else _begin(result.stdout)
    checks.that("cli.json", isinstance(data, dict), "one JSON object on standard output", observed)
    return data if isinstance(data, dict) else {}


def stored(checks: Checks, result: CommandResult) -> dict[str, Any]:
    """The job that the command wrote is in the system, with the same status, company and result; returns what the API has."""
    data = result.data if isinstance(result.data, dict) else {}
    name = next((field for field in ROUTES if field in data), "")
    route, held = ROUTES.get(name, ("", ""))
    answer = _read(result, f"{route}/{quote(str(data['job_id']), safe='')}") if route and data.get("job_id") else None
    json_object(checks, result)
    if answer is None:
        checks.that("cli.stored", False, "a job_id and its company in the data", written(list(data)))
        return {}
    checks.that("cli.stored", answer.ok, f"{data['job_id']} in the system", f"{answer.status} for GET {answer.path}")
    if not answer.ok:
        return {}
    body: dict[str, Any] = answer.object()
    for field in ("job_id", "status", name):
        checks.equal("cli.same_record", body.get(field), data.get(field))
    differing = _differences(body.get(held), data.get(held))
    count = len(pointers.leaves(body.get(held)))
    observed = plural(count, "value") if not differing else f"differing: {', '.join(differing[:5])}"
    checks.that("cli.same_record", not differing, f"the {held} that the API has", observed, n=max(1, count))
    return body


def formats_agree(checks: Checks, result: CommandResult, others: tuple[CommandResult, ...]) -> None:
    """The values of a record, or of a request, that was written as JSON stand in other formats too, read by their rules."""
    if not isinstance(result.data, list):
        json_object(checks, result)
    values = values_of(result.data)
    for other in others:
        missing = lacking_in(values, other)
        checks.that(
            "cli.formats_agree",
            bool(values) and not missing,
            f"the {plural(len(values), 'value')} of the JSON in {other}",
            f"lacking: {', '.join(missing)}" if missing else plural(len(values), "value"),
            n=len(values),
        )


def dry_run(checks: Checks, result: CommandResult, settle: float, calls: int) -> None:
    """A dry run says what it would send, and starts no work; ``calls`` are those by which a real run was seen to work."""
    data = json_object(checks, result)
    request = data.get("request")
    checks.that("cli.dry_run_says", bool(request), "the request that would be sent", written(request), n=len(request or ()))
    expected = "no calls to dependencies"
    if result.mark is None or not calls:
        reason = "the work of the command is not seen at its dependencies, so that its absence is not seen either"
        checks.not_evaluated("cli.dry_run", expected, reason, entry=f"{result.system.name}.links")
        return
    before = result.mark
    jobs.watch(settle, lambda: (command_proof.mark(result.system) or 0) > before)
    late = (command_proof.mark(result.system) or 0) - before
    observed = f"{plural(late, 'call')} within {show(settle)}; a real run made {calls}"
    checks.that("cli.dry_run", late == 0, expected, observed, n=calls)


def job_cancelled(checks: Checks, result: CommandResult) -> None:
    """The job that the command names on standard error is cancelled in the system."""
    named = JOB.findall(result.stderr)
    if not named:
        checks.that("cli.job_cancelled", False, "a job on standard error that is cancelled", _begin(result.stderr, last=True))
        return
    answers = (_read(result, f"{route}/{named[0]}") for route, _ in ROUTES.values())
    answer = next((answer for answer in answers if answer.ok), None)
    status = answer.object().get("status") if answer else "no such job"
    checks.that("cli.job_cancelled", status == "cancelled", f"{named[0]} cancelled", f"{named[0]} {status}")


def no_partial_output(checks: Checks, result: CommandResult) -> None:
    """What was broken off has written no beginning of its data."""
    checks.that("cli.no_partial_output", not result.stdout, "nothing on standard output", _begin(result.stdout))


def private_file(checks: Checks, result: CommandResult, name: str) -> None:
    """A file that the command wrote holds something, and only its owner may read it."""
    path = file_of(result, name)
    if not path.is_file():
        checks.that("cli.private_file", False, f"a file {name}", "no file")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    holds = not mode & READABLE_BY_OTHERS and path.stat().st_size > 0
    observed = f"mode {mode:04o}, {path.stat().st_size} bytes"
    checks.that("cli.private_file", holds, f"{name} with mode 0600, holding something", observed, n=path.stat().st_size)


def secret_kept(checks: Checks, result: CommandResult) -> None:
    """The output names the identity by which the command was called, and holds none of its secrets."""
    identity = result.system.identity(result.identity)
    named = identity.username in result.stdout
    checks.that("cli.identity_known", named, f"{identity.username} in the output", "named" if named else "not named")
    held = [name for name in identity.variables if identity.secret(name) in result.stdout + result.stderr]
    observed = f"the secret of {', '.join(held)}" if held else "no secret"
    checks.that("cli.secret_kept", not held, f"no secret of {identity.name}", observed, n=len(identity.variables))


def file_holds_record(checks: Checks, result: CommandResult, name: str, place: str) -> None:
    """A file that the command wrote holds the record that the API has of the job that it names."""
    job_id = str(pointers.found(result.data, "job_id"))
    answer = _read(result, f"/research/{quote(job_id, safe='')}")
    json_object(checks, result)
    path = file_of(result, name)
    expected = f"{name} with the record of {job_id}"
    if not path.is_file():
        checks.that("cli.file", False, expected, "no file")
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    record = answer.object().get("result") if answer.ok else None
    if not record:
        differing = [f"the API answered {answer.status}"]
    elif path.suffix == ".json":
        differing = _differences(record, pointers.found(parsed(text), place) if place else parsed(text))
    else:
        from html import unescape  # brings all names of HTML

        differing = _lacking(record, unescape(text))
    count = len(pointers.leaves(record))
    observed = plural(count, "value") if not differing else f"differing: {', '.join(differing[:5])}"
    checks.that("cli.file", not differing, expected, observed, n=count)


def companies_read(checks: Checks, result: CommandResult, companies: tuple[str | dict[str, Any], ...]) -> None:
    """The companies that a batch would research are those of its file, in its order; those that are described, whole."""
    data = json_object(checks, result)
    sent = [company for company in pointers.found(data, "request.input_data") or () if isinstance(company, dict)]
    whole = [isinstance(company, dict) for company in companies] + [False] * len(sent)
    read = [company if described else company.get("name") for company, described in zip(sent, whole, strict=False)]
    checks.that(
        "cli.companies_read",
        read == list(companies) and data.get("companies") == len(companies),
        f"{plural(len(companies), 'company')}: {written(list(companies))}",
        f"{data.get('companies')} companies: {written(read)}",
        n=len(companies),
    )


def batch_successful(checks: Checks, result: CommandResult, name: str, names: tuple[str, ...], at_least: float) -> None:
    """The results of a batch in a file: one row for each company in its order, and enough of them researched."""
    body = stored(checks, result)
    path = file_of(result, name)
    rows = _rows(path)
    listed = [row.get("company_name") for row in rows]
    checks.that(
        "cli.batch_rows", listed == list(names), f"a row in {name} for each of {len(names)}", written(listed), n=len(rows)
    )
    done = sum(row.get("status") == "completed" and bool(row.get("result") or path.suffix != ".json") for row in rows)
    checks.equal("cli.batch_completed", body.get("completed"), done)
    every = len(names)
    expected = f"at least {at_least:.0%} of all companies"
    checks.that("batch.success", done >= at_least * every, expected, f"{done} of {every} companies", n=every)


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of the results of a batch, by the ending of the file; none where it is no such document."""
    if not path.is_file():
        return []
    try:
        rows = documents.read(path.read_bytes(), RESULTS.get(path.suffix, "json")).rows
    except documents.BrokenDocumentError:
        return []
    return [row for row in rows if isinstance(row, dict)]


def discovery_kept(checks: Checks, result: CommandResult, limit: int | None, industry: str | None) -> None:
    """A discovery has heeded its options, by what it wrote and by what the API says was applied."""
    body = stored(checks, result)
    found = [match.get("company") or {} for match in body.get("results") or []]
    if limit is not None:
        checks.that("cli.limit", len(found) == limit, plural(limit, "company"), plural(len(found), "company"), n=len(found))
    if industry is not None:
        applied = [str(entry.get("value")) for entry in body.get("filters_applied") or [] if entry.get("field") == "industry"]
        others = sorted({str(company.get("industry")) for company in found} - {industry})
        observed = f"{plural(len(found), 'company')}, of other industries: {written(others)}; applied: {written(applied)}"
        holds = bool(found) and not others and any(industry in value for value in applied)
        checks.that("cli.filter", holds, f"companies of the industry {industry} alone", observed, n=len(found))


def holds_answer(checks: Checks, result: CommandResult, operation: str, field: str) -> None:
    """A value of an answer of the API stands in the output."""
    method, _, path = operation.partition(" ")
    answer = result.system.request(method, path, identity=result.system.sender(result.identity))
    value = pointers.found(answer.body, field)
    if not answer.ok or value is None or isinstance(value, dict | list):
        raise QaError(f"Expected '{field}' from {operation}, observed {answer.status} with {answer.excerpt()}.")
    observed = _begin(next((line for line in result.stdout.splitlines() if str(value) in line), result.stdout))
    checks.that("cli.field", str(value) in result.stdout, f"{field} {value} in the output", observed)


def file_of(result: CommandResult, name: str) -> Path:
    """A file in the folder of a call."""
    return result.folder / name


def _read(result: CommandResult, path: str) -> Any:
    return result.system.request("GET", path, identity=result.system.sender(result.identity))


def _differences(expected: Any, observed: Any) -> list[str]:
    """The places at which two values differ."""
    first, second = dict(pointers.leaves(expected)), dict(pointers.leaves(observed))
    return [place or "the whole" for place in dict.fromkeys([*first, *second]) if first.get(place) != second.get(place)]


def _values(record: dict[str, Any]) -> dict[str, str]:
    """The texts and numbers of a record, each in one line."""
    return {
        name: " ".join(str(value).split())
        for name, value in record.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }


def values_of(data: Any) -> dict[str, str]:
    """What data show in each form: the values of a record, a request or a mapping, and by what the rows of a list are known.

    What two researches of a company need not share is left out.
    """
    if isinstance(data, list):
        rows = [row.get("company") or row for row in data if isinstance(row, dict)]
        return {f"{number}. {name}": str(row[name]) for number, row in enumerate(rows, 1) for name in KNOWN_BY if row.get(name)}
    if not isinstance(data, dict):
        return {}
    record = data.get("result") or data.get("request") or data
    return {name: value for name, value in _values(record).items() if name not in MOVING}


def _lacking(record: dict[str, Any], text: str) -> list[str]:
    """The fields whose values do not stand in a text, as table, YAML, Markdown and HTML write them."""
    return _not_in(_values(record), text)


def _not_in(values: dict[str, str], text: str) -> list[str]:
    flat = " ".join(text.replace("\\|", "|").replace("''", "'").split())
    return [name for name, value in values.items() if value not in flat]


def lacking_in(values: dict[str, str], other: CommandResult) -> list[str]:
    """The fields whose values do not stand in the output of a call: YAML and Markdown are read as what they are."""
    form = next((after for word, after in pairwise(other.arguments) if word in ("--output", "-o")), "")
    if form == "markdown":
        try:
            rows = printed_documents.read_markdown(other.stdout.encode()).rows
        except documents.BrokenDocumentError as error:
            return [str(error)]
        cells = [" ".join(cell.split()) for row in rows for cell in row.values()]
        return [name for name, value in values.items() if not any(value in cell for cell in cells)]
    if form == "yaml":
        found = values_of(parsed_yaml(other.stdout))
        return [name for name, value in values.items() if found.get(name) != value]
    return _not_in(values, other.stdout)


def _begin(text: str, *, last: bool = False) -> str:
    """The first line of a text, or its last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"'{shortened(lines[-1 if last else 0], LONGEST)}'" if lines else "nothing"
