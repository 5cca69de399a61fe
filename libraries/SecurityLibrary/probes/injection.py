"""Injection: what is sent as a value is taken for a part of a command, a template, a header or a path."""

from __future__ import annotations

import itertools
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from SecurityLibrary.canaries.canary_files import canary_files
from SecurityLibrary.discovery.pages import BROWSER
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import INJECTION
from SecurityLibrary.injection import format_strings, neighbouring_files, noted_headers, queried_files, served_folders
from SecurityLibrary.objects import readers
from SecurityLibrary.objects.identifiers import scalars
from SecurityLibrary.probes.base import InsertionPointProbe, NOT_FOUND
from SecurityLibrary.proof import oracles
from SecurityLibrary.values import known_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.canaries.canary_files import CanaryFiles
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange


class CommandInjection(InsertionPointProbe):
    """A value becomes a part of a command."""

    id = "command-injection"
    likely = re.compile(r"(?i)host|addr|ip$|domain|cmd|command|file|path|dir|size|format|name|target|option|arg")
    title = "Command injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 78
    owasp = INJECTION
    sends = (
        "echo of a sum that the shell has to compute, after ; | && and in $( ) and backticks; sleep of 0, 2 and 4 seconds; some "
        "of it also in User-Agent and X-Forwarded-For"
    )
    oracle = "the computed number comes back twice, for other numbers each; or the answer waits as long as asked, twice"
    bad = 'os.popen(f"whois {domain}")'
    good = 'subprocess.run(["whois", "--", domain])'
    remediation = "Start programs with a list of arguments and no shell."

    needs_free_text = False  # what is no name of a host may be refused by the very command that a name is put into
    ECHO = ("; echo qa$(({a}*{b}))", "| echo qa$(({a}*{b}))", "&& echo qa$(({a}*{b}))", "$(echo qa$(({a}*{b})))",
            "`expr {a} \\* {b}`", "'; echo qa$(({a}*{b})) #", '"; echo qa$(({a}*{b})) #', "\necho qa$(({a}*{b}))")  # fmt: skip
    PAUSE = ("; sleep {d}", "| sleep {d}", "$(sleep {d})", "'; sleep {d} #", '"; sleep {d} #')
    # In headers that are not described fewer: they are tried for several operations.
    HEADER_ECHO, HEADER_PAUSE = (ECHO[0], ECHO[3]), (PAUSE[0], PAUSE[2], PAUSE[3], "() {{ :; }}; /bin/sleep {d}")
    MOST_READ = 3  # operations

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each insertion point, and headers that systems hand on to programs, whether they are described or not."""
        yield from super().run(scan)
        for point in noted_headers.points(scan, self.id, self.MOST_READ, ("User-Agent", "X-Forwarded-For")):
            with scan.apart(self.id, point.location):
                found = self._tried(scan, point, self.HEADER_ECHO, self.HEADER_PAUSE)
                scan.coverage.tried(self.id, point.location)
                if found:
                    yield found

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try what comes back, then what takes time."""
        return self._tried(scan, point, self.ECHO, self.PAUSE)

    def _tried(self, scan: Scan, point: InsertionPoint, echoes: tuple[str, ...], pauses: tuple[str, ...]) -> Finding | None:
        for template in echoes:

            def payload(first: int, second: int, template: str = template) -> tuple[str, str]:
                mark = "" if "expr" in template else "qa"
                return f"{point.value}" + template.format(a=first, b=second), f"{mark}{first * second}"

            if found := oracles.computed(scan, point, payload):
                return self.finding(point.location, "the result of a command in the value comes back", *found)
        for template in pauses:

            def pause(dose: float, template: str = template) -> str:
                return f"{point.value}" + template.format(d=dose)

            if waited := oracles.delayed(scan, point, pause):
                return self.finding(point.location, f"the answer waits as long as a command in the value: {waited[0]}", waited[1])
        return None


class TemplateInjection(InsertionPointProbe):
    """A value becomes a part of a template."""

    id = "template-injection"
    likely = re.compile(r"(?i)template|message|text|subject|body|content|label|title|greeting|name|note")
    title = "Server-side template injection"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 1336
    owasp = INJECTION
    tier = 2
    sends = (
        "products in the brackets of the usual template languages, in values and in a path that there is not; doubled braces and "
        "per cent signs, names of classes in Python's formats, and lengths of texts, where the value comes back"
    )
    oracle = (
        "the product comes back twice, for other numbers each, at once or where what was made is shown, once it is done; or the "
        "name of a class, filled up to a length, twice; or a doubled sign comes back single, twice"
    )
    bad = 'Template(f"Dear {name}").render()'
    good = 'Template("Dear {{ name }}").render(name=name)'
    remediation = "Pass values to a template as its variables, never as parts of its text."

    BRACKETS = ("{{{{{e}}}}}", "${{{e}}}", "<%= {e} %>", "#{{{e}}}", "{{{{={e}}}}}", "*{{{e}}}", "@({e})", "{{{e}}}")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each insertion point, and the path itself, which a page of errors may be made of."""
        yield from super().run(scan)
        scan.coverage.tried(self.id, NOT_FOUND)
        for bracket in self.BRACKETS:
            found: list[Exchange] = []
            for _ in range(2):
                first, second = scan.random.number(), scan.random.number()
                text = f"qa{bracket.format(e=f'{first}*{second}')}"
                answer = scan.sender.request("GET", f"/{quote(text, safe='')}", headers=BROWSER)
                if str(first * second) not in answer.text:
                    break
                found.append(answer)
            else:
                yield self.finding(NOT_FOUND, "an expression in the path is computed", *found)
                return

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try each kind of bracket."""
        for bracket in self.BRACKETS:

            def payload(first: int, second: int, bracket: str = bracket) -> tuple[str, str]:
                return f"qa{bracket.format(e=f'{first}*{second}')}", str(first * second)

            if found := oracles.computed(scan, point, payload):
                return self.finding(point.location, "an expression in the value is computed", *found)
        return self._formatted(scan, point) or self._later(scan, point)

    def _formatted(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """What fills names in and computes nothing: by what becomes of doubled braces and signs where the value comes back."""
        kind = format_strings.unescaped(scan, point)
        if kind == "format" and (read := format_strings.attributes(scan, point)):
            observed = "the value is a format string of Python: it reads what objects of the program are made of"
            return self.finding(point.location, observed, *read, severity=Severity.HIGH)
        if kind == "template" and (carried_out := format_strings.of_length(scan, point)):
            return self.finding(point.location, "a template in the value is carried out", *carried_out)
        if kind and (single := format_strings.doubled_signs(scan, point)):
            observed = "the value is a format string: a doubled per cent sign comes back single"
            return self.finding(point.location, observed, *single, severity=Severity.MEDIUM)
        return None

    def _later(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """What is computed once it is shown, or done: where the operations that read an object show the value at all."""
        reading = [] if point.operation.safe else readers.of(scan, point)
        for store in readers.stores(scan, point) if reading else ():
            mark = f"qa{scan.random.number()}{scan.random.number()}"
            stored = store(mark)
            answers = readers.read(scan, point, stored, reading) if stored.ok else ()
            showing = [reader for reader, answer in answers if mark in answer.text]
            reading = [reader for reader in reading if reader not in showing]
            found = oracles.first_of(
                self._computed_when_read(scan, point, store, showing, bracket) for bracket in self.BRACKETS if showing
            )
            if found:
                observed = f"an expression in the value is computed, as {found[0][0]} shows"
                return self.finding((point.location, found[0][0]), observed, *(answer for _, answer in found))
        return None

    @staticmethod
    def _computed_when_read(
        scan: Scan, point: InsertionPoint, store: Callable[[Any], Exchange], showing: list[readers.Reader], bracket: str
    ) -> list[tuple[str, Exchange]]:
        """The operations that show a product in these brackets, twice, with their answers."""
        found: list[tuple[str, Exchange]] = []
        for _ in range(2):
            first, second = scan.random.number(), scan.random.number()
            stored = store(f"qa{bracket.format(e=f'{first}*{second}')}")
            answers = readers.read(scan, point, stored, showing) if stored.ok else ()
            seen = next(((str(by[0]), answer) for by, answer in answers if str(first * second) in answer.text), None)
            if seen is None:
                return []
            found.append(seen)
        return found


class HeaderInjection(InsertionPointProbe):
    """A line break in a value begins a new header of the answer."""

    id = "header-injection"
    likely = re.compile(r"(?i)url|lang|locale|name|redirect|file|next|theme")
    title = "Header injection (CRLF)"
    tier = 2  # uvicorn, which Theodore runs on, refuses line breaks in headers
    topic = "injection"
    severity = Severity.HIGH
    cwe = 113
    owasp = INJECTION
    sends = "line breaks, plain and encoded, followed by a header of a made-up name"
    oracle = "the header is among those of the answer, twice, with other names"
    bad = 'send_line(f"Location: {target}")'
    good = 'send_line(f"Location: {quote(target)}")'
    remediation = "Encode or refuse line breaks in everything that goes into a header."

    needs_free_text = False  # what comes behind a good value may not be looked at
    BREAKS = ("\r\n", "\n", "%0d%0a", "\u560d\u560a")

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try each kind of line break."""
        for line_break, ends in ((each, ends) for each in self.BREAKS for ends in (each, "")):
            found = []
            for _ in range(2):
                name = f"x-qa-{scan.random.number()}"
                answer = scan.sender.put(point, f"{point.value}{line_break}{name}: 1{ends}")
                if name not in answer.headers:
                    break
                found.append(answer)
            else:
                return self.finding(point.location, "a line break in the value begins a header of the answer", *found)
        return None


class PathTraversal(InsertionPointProbe):
    """A value leads to a file outside the folder that it was meant for."""

    id = "path-traversal"
    likely = re.compile(r"(?i)file|path|name|template|doc|folder|dir|page|report|image|locale")
    title = "Path traversal"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 22
    owasp = ("A01:2021", "A01:2025")
    sends = (
        "ways up to /etc/passwd and /etc/group, plain, encoded, and from the folder of the good value; to what reads, usual "
        "configuration files one and two folders up; to what may write, ways up to files of the scan's own, which no one needs"
    )
    oracle = (
        "the text of the first file comes back, and then that of the second, or one of them twice and for no made-up file; or a "
        "text in the form of the configuration file, twice, and not for a made-up file there or for the name alone; or two files "
        "of the scan's own are written to or read, at once or by what shows the object that was made, or two of new names are "
        "served in a folder of others; or the answers name them as the files that the ways up lead to"
    )
    bad = 'open(f"manifests/{name}").read()'
    good = "path = (folder / name).resolve(); path.is_relative_to(folder) or refuse()"
    remediation = "Resolve the path and refuse it unless it lies in the folder; better, look names up in a list."

    UPWARDS = ("../../../../../../../..", "", "..%2f..%2f..%2f..%2f..%2f..%2f..", "....//....//....//....//....//....//....",
               "....//....//....//....//....//....//....//", "..%252f..%252f..%252f..%252f..%252f..%252f..",
               "..\\..\\..\\..\\..\\..\\..", "....\\/....\\/....\\/....\\/....\\/....\\/", "..;/..;/..;/..;/..;/..;/..",
               "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e", "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e",
               ".././.././.././.././.././.././..", "file://")  # fmt: skip
    SLASHES = ("%252f", "%2f")  # as a way may write them: what its file is called is written so as well
    ENDED = 2  # the ways that are also tried with another end
    END = "\x00.json"
    FILES = (("/etc/passwd", re.compile(r"\broot:[^:\n]*:0:0:")), ("/etc/group", re.compile(r"\broot:[^:\n]*:0:")))
    # A line of either as a whole: what is found alone has to look like its file.
    FORMS = (
        re.compile(r"\broot:[^:\s]*:0:0:[^:\n]*:/[\w./-]*:/[\w./-]*"),
        re.compile(r"\broot:[^:\s]*:0:[\w,.-]*(?:[\s\"\\<]|$)"),
    )
    LATER = 4  # ways up for which it is also looked at what reads the object that was made
    NEARBY = ("../", "../../", "....//")

    WRITTEN = re.compile(r"(?i)(?:^|[._-])(?:name|file|path|template|report|document|key|folder)$|[a-z](?:Name|File|Path)$")

    def __init__(self) -> None:
        self._folders: list[str] = []

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Find out which folders are served, then try each insertion point."""
        self._folders = served_folders.folders(scan) if scan.allow_changes else []
        yield from super().run(scan)

    def _served(self, scan: Scan, point: InsertionPoint) -> list[Exchange]:
        """The answers that serve two new files, which were made by names that lead up to a folder of others."""
        if point.parameter.location != "body" or not self.WRITTEN.search(point.parameter.name):
            return []
        return served_folders.reached(
            scan, self._folders, lambda name: scan.sender.send(point.operation, point.identity, {point.parameter: name})
        )

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try each way up, in the path itself too; with files of the scan's own where the operation may write."""
        if not queried_files.reads(scan, point):
            if written := self._served(scan, point):
                observed = "two files are served where the value leads, outside the folder for them"
                return self.finding(point.location, observed, *written)
            with canary_files(scan) as files:
                return self._own_files(scan, point, files)
        spellings = (False, True) if point.parameter.location == "path" else (False,)
        for way, quoted in itertools.product(self._ways(point), spellings):
            led = [(self._led(way, name, quoted=quoted), sign) for name, sign in self.FILES]
            found: list[Any] = [queried_files.disclosed(scan, point, value, sign, raw=quoted) for value, sign in led]
            if all(found):
                return self.finding(point.location, "the value leads to /etc/passwd and to /etc/group", *found)
            if any(found) and (alone := self._alone(scan, point, way, found, quoted=quoted)):
                return alone
        return self._nearby(scan, point)

    @classmethod
    def _led(cls, way: str, path: str, *, quoted: bool = False) -> str:
        """A way up to a path, with one spelling of the slash in all of it; ``quoted`` as one part of an address."""
        slash = next((each for each in cls.SLASHES if each in way and "/" not in way), "/")
        value = way.format(path.replace("/", slash))
        return value.replace("/", "%2f") if quoted else value

    def _alone(self, scan: Scan, point: InsertionPoint, way: str, found: list[Any], *, quoted: bool) -> Finding | None:
        """One of the two files, if it comes a second time, in its form, and not for a file that there is not."""
        index = next(number for number, answer in enumerate(found) if answer)
        names = self.FILES[index][0], f"/etc/qa-{scan.random.number()}"
        values = [self._led(way, name, quoted=quoted) for name in names]
        again, nowhere = (queried_files.put(scan, point, value, raw=quoted) for value in values)
        form = self.FORMS[index]
        if again.text != found[index].text or not form.search(again.text) or form.search(nowhere.text):
            return None
        return self.finding(point.location, f"the value leads to {names[0]}", found[index], again)

    def _nearby(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Configuration files beside the folder, told from other answers by what differs."""
        raw = point.parameter.location == "path"

        def sent(value: str) -> Exchange:
            return queried_files.put(scan, point, value.replace("/", "%2f") if raw else value, raw=raw)

        folder, parted, _ = str(point.value).rpartition("/")
        known = {point.controls[0].text}
        for upwards in (*self.NEARBY, *([f"{folder}/../"] if parted else [])):
            for name in neighbouring_files.NAMES:
                answer = sent(f"{upwards}{name}")
                text = neighbouring_files.content(answer, name) if answer.ok else ""
                if not text or answer.text in known:
                    continue
                nowhere, inside = sent(f"{upwards}qa{scan.random.number()}-{name}"), sent(name)
                others = [neighbouring_files.content(other, name) if other.ok else "" for other in (nowhere, inside)]
                again = sent(f"{upwards}{name}")
                served = raw and neighbouring_files.content(queried_files.at_plain_path(scan, answer), name) == text
                if not any(others) and not served and again.ok and neighbouring_files.content(again, name) == text:
                    return self.finding(point.location, f"the value leads to {upwards}{name}", answer, again)
                known |= {answer.text, nowhere.text}
        return None

    def _ways(self, point: InsertionPoint) -> list[str]:
        """The ways to a file, with {} in place of its path."""
        folder, parted, name = str(point.value).rpartition("/")
        inside = folder if parted else name  # what a value must begin with, or a folder that is looked up first
        beginnings = (*self.UPWARDS, *([f"{inside}/{self.UPWARDS[0]}"] if inside else []))
        plain = [upwards.replace("{", "{{").replace("}", "}}") for upwards in beginnings]
        _, dot, extension = name.rpartition(".")
        own = [f"{mark}.{extension}" for mark in ("\x00", "%00", "?", "#")] if dot and extension.isalnum() else []
        ends = [self.END, *own]
        return [f"{upwards}{{}}" for upwards in plain] + [
            f"{upwards}{{}}{end}" for upwards in plain[: self.ENDED] for end in ends
        ]

    def _own_files(self, scan: Scan, point: InsertionPoint, files: CanaryFiles) -> Finding | None:
        raw = point.parameter.location == "path"
        named = self.WRITTEN.search(point.parameter.name) or known_values.FILE.fullmatch(str(point.value))
        later = readers.of(scan, point) if named else []
        for number, way in enumerate(self._ways(point)):
            effects, answers = [], []
            for _ in range(2):
                path, text = files.made()
                value = self._led(way, path, quoted=raw)
                answer = scan.sender.put(point, value, raw=raw)
                effect = self._effect(files, (path, text), value, answer)
                if not effect and answer.ok and later and number < self.LATER:
                    effect, answer = self._read_later(scan, point, answer, text, later)
                effects.append(effect)
                answers.append(answer)
                if not effects[-1]:
                    break
            if len(effects) == len(self.FILES) and effects[0] == effects[1] != "":
                observed = f"the value leads to files outside the folder: two files of the scan's own {effects[0]}"
                return self.finding(point.location, observed, *answers)
        return None

    @staticmethod
    def _read_later(
        scan: Scan, point: InsertionPoint, stored: Exchange, text: str, later: list[readers.Reader]
    ) -> tuple[str, Exchange]:
        """What becomes of a file of the scan's own in what reads the object that was made; empty if nothing does."""
        for reader, answer in readers.read(scan, point, stored, later):
            if text in answer.text:
                return f"were read, as {reader[0]} shows", answer
        return "", stored

    @staticmethod
    def _effect(files: CanaryFiles, file: tuple[str, str], value: str, answer: Exchange) -> str:
        """What became of a file of the scan's own; empty if nothing did."""
        path, text = file
        if files.changed(path, text):
            return "were overwritten"
        if text in answer.text:
            return "were read"
        resolved = {str(each) for each in scalars(answer.body)}  # an echo holds the way up as it was sent
        return "are named by the answer as where the value leads" if answer.ok and path in resolved and value != path else ""
