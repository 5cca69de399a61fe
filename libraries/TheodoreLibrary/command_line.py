"""The system's own command line: a call in a folder and a process group of its own, with a time limit and capped output."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, IO, Self, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, NotGrantedError
from theodore_qa.observing.display import written
from theodore_qa.redaction.secrets import redact
from theodore_qa.systems import exchange, nobody
from TheodoreLibrary import command_requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from theodore_qa.systems.declared import CommandLine
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System
    from TheodoreLibrary.command_requests import Sent, Watch

MOST_BYTES = 1_000_000  # of each stream; what comes after is read and dropped
GRACE = 1.0
PYTHON = "python"
TERMINAL = "xterm-256color"
END_OF_TYPING = b"\x04"  # Ctrl-D at the beginning of a line
LOCAL_MODES = 3  # the place of these in what termios gives
LACKING_EXTRA = re.compile(r"The format \w+ needs \w+: pip install '[^']+'")  # as the embedded sandbox words it
OWN = ("theodore", "robotframework-theodore")  # this project's commands


@dataclass(eq=False, repr=False)  # generated methods cost import time
class CommandResult:
    """A call of the command line: its exit code, its output, how long it took, and the folder in which it ran."""

    arguments: tuple[str, ...]
    code: int | None  # None where it was ended at its time limit
    stdout: str
    stderr: str
    duration: float  # seconds
    folder: Path
    system: System
    identity: str | None = None
    mark: int | None = None  # in the links' records, before the call
    cut: bool = False  # whether there was more output than is kept
    unproved: str = ""  # why the command is not seen to talk to the system
    sent: list[Sent] | None = None  # its requests; None where nobody watched them
    terminal: bool = False  # whether standard output was a terminal

    @property
    def data(self) -> Any:
        """Standard output as JSON; None where it is none."""
        return exchange.parsed(self.stdout)

    def __str__(self) -> str:
        return f"`{' '.join(self.arguments) or self.system.name}`"


@dataclass(eq=False, repr=False)  # generated methods cost import time
class CallOptions:
    """How a call is made: who calls, what it reads, in which folder, and what is done to it while it runs."""

    identity: str | None = None
    stdin: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    folder: Path | None = None
    interrupt_at: str = ""  # Ctrl-C once standard error holds this text
    output_closed: bool = False  # whoever reads standard output has gone
    watched: bool = False  # its requests are remembered on their way
    terminal: bool = False  # standard output is a terminal, and so is standard input where something is typed


def declared(system: System) -> CommandLine:
    """The entry ``cli`` of a system; without it nothing can be called, nor in production, where a call could change something."""
    if system.environment.kind == "production":
        raise NotGrantedError(
            f"{system.name} is in production ({system.environment.path.name}), and its command line could change something"
        )
    entry = system.declared.cli
    if entry is None:
        raise NotEvaluatedError(
            f"the environment names no command line of {system.name}: add 'cli: {{command: [...]}}' to systems.{system.name} "
            f"in {system.environment.path.name}"
        )
    return entry


def program(system: System) -> list[str]:
    """The program and its first arguments, as they are started; what cannot be started is said in a sentence."""
    name, *rest = declared(system).command
    if name == PYTHON:
        return [sys.executable, *rest]
    place = f"correct systems.{system.name}.cli.command in {system.environment.path.name}"
    if "/" in name:
        path = system.folder / name
    else:
        found = shutil.which(name)
        if found is None:
            raise NotEvaluatedError(f"the command line of {system.name} is '{name}', which is not on PATH: {place}")
        path = Path(found)
    problem = _problem(path)
    if problem:
        raise NotEvaluatedError(f"the command line of {system.name} is {path}, which {problem}: {place}")
    return [str(path), *rest]


def _problem(path: Path) -> str:
    if not path.exists():
        return "is not there"
    if path.is_dir():
        return "is a folder"
    if not os.access(path, os.X_OK):
        return "may not be executed"
    if path.name in OWN and path.resolve().parent == Path(sys.executable).parent:
        return "is the command of this tester and not the system's"
    return ""


def call(system: System, arguments: tuple[str, ...], options: CallOptions) -> CommandResult:
    """Call the command line and wait for its end; its process group is gone afterwards, whatever happens."""
    words = [*program(system), *arguments]
    limit = options.timeout if options.timeout is not None else declared(system).timeout
    folder = options.folder or _new_folder()
    with _watch(system) if options.watched else contextlib.nullcontext() as watch:
        environment = _environment(system, options, folder, watch.url if watch else system.url)
        began = time.monotonic()
        running = _Running(words, environment, folder, options, system)
        with running:
            ended = running.wait(limit)
    code = running.process.returncode if ended else None
    return CommandResult(
        arguments,
        code,
        running.text(running.stdout),
        running.text(running.stderr),
        time.monotonic() - began,
        folder,
        system,
        options.identity,
        cut=running.cut,
        sent=watch.sent if watch else None,
        terminal=options.terminal,
    )


def require_formats(result: CommandResult) -> None:
    """That the embedded sandbox lacks an extra for a format is NOT EVALUATED, as for its API, and no failure of a system.

    Raises:
        NotEvaluatedError: The command says so; the text names the command that brings the extra.
    """
    lacking = LACKING_EXTRA.search(result.stderr) if result.code and result.system.embedded else None
    if lacking:
        raise NotEvaluatedError(lacking[0])


def _watch(system: System) -> Watch:
    """An address that the command can be given in place of the system's."""
    variables = declared(system).variables
    if not variables or not variables.url:
        raise NotEvaluatedError(
            f"the requests of the command line are not seen, since its address cannot be given to it: add "
            f"systems.{system.name}.cli.variables.url in {system.environment.path.name}"
        )
    return command_requests.Watch(system)


def _new_folder() -> Path:
    """A folder that is there until the test ends: the command's working directory and home."""
    folder = Path(tempfile.mkdtemp(prefix="theodore-command-"))
    context.at_test_end(f"the folder {folder} could not be removed", lambda: shutil.rmtree(folder, ignore_errors=True))
    return folder


def _environment(system: System, options: CallOptions, folder: Path, url: str) -> dict[str, str]:
    """The variables of the call: ours without secrets, then address and identity, then those that the caller gives."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ROBOT") and (not value or redact(value) == value)
    }
    given = kept | {"HOME": str(folder)}
    variables = declared(system).variables
    if variables:
        for name in (variables.url, variables.username, variables.password, variables.token):
            given.pop(name, None)
        if variables.url:
            given[variables.url] = url
        if identity := _identity(system, options.identity):
            given |= _credentials(system, identity)
    if options.terminal:
        given.pop("NO_COLOR", None)
        given["TERM"] = TERMINAL
    return given | {str(name): str(value) for name, value in options.environment.items()}


def _identity(system: System, name: str | None) -> Identity | None:
    """Who calls; nobody for NOBODY."""
    return None if name == nobody.NOBODY else system.sender(name)


def _credentials(system: System, identity: Identity) -> dict[str, str]:
    """Name, password and token of an identity, by the variables that the command knows."""
    variables = declared(system).variables
    if variables is None:
        return {}
    found = {variables.username: identity.username} if variables.username else {}
    if variables.password and identity.signs_in:
        found[variables.password] = identity.password()
    if variables.token:
        found[variables.token] = system.token(identity.name)
    return found


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """What starts here can be interrupted, though a shell had this process ignore Ctrl-C, as it does in the background."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: None)  # what is handled here has its default in the program
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Running:
    """A process in a group of its own, with readers of its output; leaving the block ends the whole group."""

    def __init__(self, words: list[str], environment: dict[str, str], folder: Path, options: CallOptions, system: System) -> None:
        self.options = options
        self.stdout, self.stderr = bytearray(), bytearray()
        self.cut = False
        self._seen = threading.Event()
        output, screen = subprocess.PIPE, None
        if options.output_closed:
            reading, output = os.pipe()
            os.close(reading)
        elif options.terminal:
            import tty

            descriptor, output = os.openpty()
            tty.setraw(output)  # line ends come as they are written
            screen = os.fdopen(descriptor, "rb", buffering=0)  # its reader closes it
        given = subprocess.DEVNULL if options.stdin is None else subprocess.PIPE
        self._keyboard: IO[bytes] | None = None
        if options.terminal and options.stdin is not None:
            self._keyboard, given = _keyboard()
        try:
            with _interruptible():
                self.process = subprocess.Popen(
                    words,
                    stdin=given,
                    stdout=output,
                    stderr=subprocess.PIPE,
                    cwd=folder,
                    env=environment,
                    start_new_session=True,
                )
        except OSError as error:
            raise NotEvaluatedError(
                f"the command line of {system.name} is {words[0]}, which is no program that can be started ({error.strerror}): "
                f"correct systems.{system.name}.cli.command in {system.environment.path.name}"
            ) from None
        finally:
            for end in (output, given):
                if end not in (subprocess.PIPE, subprocess.DEVNULL):
                    os.close(end)
        pairs = ((screen or self.process.stdout, self.stdout), (self.process.stderr, self.stderr))
        self._readers = [
            threading.Thread(target=self._read, args=(stream, kept), daemon=True) for stream, kept in pairs if stream
        ]

    def __enter__(self) -> Self:
        """Begin to read what it writes, and give it its input."""
        for reader in self._readers:
            reader.start()
        if self._keyboard:
            typed = (self.options.stdin or "").encode() + END_OF_TYPING
            threading.Thread(target=self._keyboard.write, args=(typed,), daemon=True).start()
        elif self.process.stdin:
            threading.Thread(target=self._feed, args=(self.process.stdin,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End what is left of its group."""
        self._signal(signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join(GRACE)  # what has left the group may hold the pipe
        if self._keyboard:  # until now: whoever reads from a terminal that has gone gets nothing
            self._keyboard.close()

    def wait(self, limit: float) -> bool:
        """Whether it ends within so many seconds; if not, its group is asked to end."""
        deadline = time.monotonic() + limit
        handle = os.pidfd_open(self.process.pid)
        try:
            if self.options.interrupt_at:
                while not self._seen.wait(0.01) and time.monotonic() < deadline and not _readable(handle, 0):
                    pass
                if self._seen.is_set():
                    self._signal(signal.SIGINT)
            if _readable(handle, max(0.0, deadline - time.monotonic())):
                return True
            self._signal(signal.SIGTERM)
            _readable(handle, GRACE)
            return False
        finally:
            os.close(handle)

    def _signal(self, number: int) -> None:
        """Signal the group; its number is its own as long as the process was not waited for."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def _read(self, stream: IO[bytes], kept: bytearray) -> None:
        sought = self.options.interrupt_at.encode()
        descriptor = stream.fileno()
        while chunk := _chunk(descriptor):
            room = MOST_BYTES - len(kept)
            self.cut |= len(chunk) > room
            kept += chunk[: max(0, room)]
            if sought and kept is self.stderr and sought in kept:
                self._seen.set()
        stream.close()

    def _feed(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(BrokenPipeError), stream:
            stream.write((self.options.stdin or "").encode())

    @staticmethod
    def text(kept: bytearray) -> str:
        """Output as text."""
        return bytes(kept).decode("utf-8", "replace")


def _keyboard() -> tuple[IO[bytes], int]:
    """A terminal to type on, and its end that a program reads; what is typed there is shown nowhere."""
    import termios

    descriptor, program = os.openpty()
    mode = termios.tcgetattr(program)
    mode[LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(program, termios.TCSANOW, mode)
    return os.fdopen(descriptor, "wb", buffering=0), program


def _chunk(descriptor: int) -> bytes:
    """The next bytes of a stream; none at its end, which a terminal tells by an error."""
    try:
        return os.read(descriptor, 65536)
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise


def _readable(handle: int, seconds: float) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])


def summary(result: CommandResult) -> list[tuple[str, Any]]:
    """A call as the log shows it."""
    return [
        ("arguments", " ".join(result.arguments)),
        ("identity", result.identity or "the first one"),
        ("exit code", "ended at the time limit" if result.code is None else result.code),
        ("duration", f"{result.duration:.2f} s"),
        ("standard output", result.stdout[:2000] or written(None)),
        ("standard error", result.stderr[:2000] or written(None)),
    ]
