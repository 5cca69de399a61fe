"""The receivers of alerts, as their YAML file names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa import timing
from theodore_qa.errors import UsageError
from theodore_qa.readiness.files import read_checked
from theodore_qa.redaction import known

if TYPE_CHECKING:
    from pathlib import Path

FILE, SCHEMA = "alerts.yaml", "alerts.schema.json"
WEBHOOK, SLACK, EMAIL, GITHUB = "webhook", "slack", "email", "github"
USUAL = ("regression", "gate", "aborted")
NEEDED = {WEBHOOK: ("url_env",), SLACK: ("url_env",), EMAIL: ("server", "from", "to"), GITHUB: ()}
ALSO = {
    WEBHOOK: ("secret_env", "within"),
    SLACK: ("within",),
    EMAIL: ("tls", "username_env", "password_env", "within"),
    GITHUB: (),
}
COMMON = ("name", "kind", "about")


@dataclass(frozen=True)
class Receiver:
    """Who gets alerts, about what, and how."""

    name: str
    kind: str
    about: tuple[str, ...] = USUAL
    url_env: str = ""
    secret_env: str = ""
    within: float = 10.0
    server: str = ""
    tls: str = "starttls"
    username_env: str = ""
    password_env: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()


def read(path: Path | None) -> tuple[Receiver, ...]:
    """The receivers in a file, whose secrets are redacted from here on; none without a file.

    Raises:
        UsageError: the file is not valid, or an entry lacks what its kind needs or has what its kind does not know.
    """
    if path is None:
        return ()
    data = read_checked(path, SCHEMA)
    known.learn(data)
    found: dict[str, Receiver] = {}
    for entry in data["alerts"]:
        name, kind = entry["name"], entry["kind"]
        if name in found:
            raise UsageError(f"Two alerts in {path} have the name {name}: give each its own.")
        if lacking := [key for key in NEEDED[kind] if key not in entry]:
            raise UsageError(f"The alert {name} in {path} lacks {', '.join(lacking)}, which kind {kind} needs.")
        if wrong := sorted(entry.keys() - {*COMMON, *NEEDED[kind], *ALSO[kind]}):
            raise UsageError(f"The alert {name} in {path} has {', '.join(wrong)}, which kind {kind} does not use: take it out.")
        own = {key: value for key, value in entry.items() if key not in {"from", "to", "about", "within"}}
        found[name] = Receiver(
            **own,
            about=tuple(entry.get("about", USUAL)),
            within=timing.seconds(entry.get("within", Receiver.within)),
            sender=entry.get("from", ""),
            recipients=tuple(entry.get("to", ())),
        )
    return tuple(found.values())
