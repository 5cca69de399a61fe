"""The settings of the command line: environment variables, then ~/.theodore/config.yml, then defaults."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

from theodore_sandbox.cli import console, switches
from theodore_sandbox.cli.errors import CommandError, MisuseError

FORMATS = ("table", "json", "yaml", "markdown")
MOST_FOUND, MOST_AT_ONCE = 100, 20
DEFAULTS: dict[str, Any] = {
    "api.url": "http://127.0.0.1:8000",
    "credentials.username": "",
    "credentials.password": "",
    "credentials.api_key": "",
    "output.format": "table",
    "research.timeout": 60,
    "discover.limit": 10,
    "discover.similarity_threshold": 0.6,
    "batch.concurrency": 5,
    "batch.cost_per_company": 0.05,
}
VARIABLES = {
    "api.url": "THEODORE_API_URL",
    "credentials.username": "THEODORE_USERNAME",
    "credentials.password": "THEODORE_PASSWORD",
    "credentials.api_key": "THEODORE_API_KEY",
}
SENSITIVE = ("credentials.password", "credentials.api_key")
HIDDEN = "********"
SECURE = "secure"  # the keys whose values are never shown unless asked for


def path() -> Path:
    """Where the settings are kept."""
    return Path.home() / ".theodore" / "config.yml"


def load() -> dict[str, Any]:
    """What the file says, by key; nothing without a file."""
    file = path()
    if not file.is_file():
        return {}
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CommandError(f"{file} is no YAML: correct it, or write a new one by 'theodore config init --force'.") from None
    if not isinstance(found or {}, dict):
        raise CommandError(f"{file} holds no settings: expected lines such as 'api.url: http://127.0.0.1:8000'.")
    return dict(found or {})


def store(values: dict[str, Any], file: Path | None = None) -> Path:
    """Write settings to a file that only its owner may read."""
    import yaml

    file = file or path()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    console.save(file, yaml.safe_dump(values, sort_keys=True, allow_unicode=True).encode(), private=True)
    return file


def known(key: str) -> str:
    """A key that there is; another one is a mistake of the caller."""
    if key not in DEFAULTS:
        near = difflib.get_close_matches(key, DEFAULTS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(DEFAULTS)}."
        raise MisuseError(f"There is no setting '{key}': {hint}")
    return key


def value(key: str) -> Any:
    """A setting."""
    return looked_up(key)[0]


def looked_up(key: str) -> tuple[Any, str]:
    """A setting, and where it comes from."""
    variable = VARIABLES.get(key, "")
    if variable and os.environ.get(variable):
        return os.environ[variable], f"environment variable {variable}"
    kept = load()
    if key in kept:
        return kept[key], str(path())
    return DEFAULTS[key], "default"


def hidden(key: str, kept: dict[str, Any]) -> bool:
    """Whether a value is shown only when asked for."""
    return key in SENSITIVE or (key in (kept.get(SECURE) or ()) and not switches.on("cli-secure-value-shown"))


def typed(key: str, text: str) -> Any:
    """A value in the type of its setting; one that does not fit is a mistake of the caller."""
    kind = type(DEFAULTS[key])
    try:
        converted = kind(text)
    except ValueError:
        raise MisuseError(f"'{text}' is no value of {key}: expected a number.") from None
    if wrong := problem(key, converted):
        raise MisuseError(wrong)
    return converted


def problem(key: str, given: Any) -> str:
    """What is wrong with the value of a setting; nothing where it is fine."""
    bounds = {
        "research.timeout": (1, 3600),
        "discover.limit": (1, MOST_FOUND),
        "discover.similarity_threshold": (0, 1),
        "batch.concurrency": (1, MOST_AT_ONCE),
    }
    if key == "api.url" and not str(given).startswith(("http://", "https://")):
        return f"'{given}' is no value of api.url: expected an address that starts with http:// or https://."
    if key == "output.format" and given not in FORMATS:
        return f"'{given}' is no value of output.format: expected {', '.join(FORMATS)}."
    if key in bounds:
        least, most = bounds[key]
        if isinstance(given, bool) or not isinstance(given, int | float) or not least <= given <= most:
            return f"'{given}' is no value of {key}: expected a number from {least} to {most}."
    return ""
