"""The secrets that an environment file names: known from the first moment on, so that none is written before it is used."""

from __future__ import annotations

import os
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import QaError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def variables(data: Any) -> Iterator[str]:
    """The names of environment variables that hold secrets: the values of all entries whose names end with ``_env``."""
    if isinstance(data, dict):
        for name, value in data.items():
            if str(name).endswith("_env"):
                yield from (value,) if isinstance(value, str) else map(str, value.values() if isinstance(value, dict) else ())
            else:
                yield from variables(value)
    elif isinstance(data, list):
        for value in data:
            yield from variables(value)


def learn(data: Mapping[str, Any]) -> None:
    """Have every secret that ``data`` names redacted from here on; one that is too short to be found again is an error."""
    for name in variables(dict(data)):
        if value := os.environ.get(name):
            secrets.add(value, name)


def learn_all() -> None:
    """Learn the secrets of the environment file in use; whatever is wrong with that file is said by whoever needs it."""
    from theodore_qa.systems import environment as environments
    from theodore_qa.systems.files import read_yaml

    try:
        learn(read_yaml(environments.locate()))
    except QaError:
        return
