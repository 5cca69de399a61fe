"""What an environment file may hold, and what is wrong with one, in sentences."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from theodore_qa import timing
from theodore_qa.errors import unknown, UsageError

EMBEDDED = "embedded"
LARGEST_TOLERANCE = 300.0
_PROOFS = ("instance_id", "certificate_sha256", "image_digest")


def problems(data: dict[str, Any]) -> list[str]:
    import jsonschema

    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    errors = sorted(validator.iter_errors(_plain(data)), key=lambda error: [str(part) for part in error.absolute_path])
    return [_sentence(error) for error in errors] or _beyond_schema(data)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    within = f" in {where}" if where else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        extra = next(str(key) for key in error.instance if key not in known)
        return str(unknown("entry", extra, known, where or "the file"))
    if error.validator == "required":
        missing = error.message.split("'")[1]  # one error for each missing entry
        kinds = error.schema.get("properties", {}).get(missing, {}).get("enum", ())
        return f"The entry '{missing}' is missing{within}{': one of ' if kinds else ''}{', '.join(kinds)}."
    if error.validator == "enum":
        return f"The entry {where} is '{error.instance}', expected one of {', '.join(error.validator_value)}."
    if error.validator == "pattern":
        return f"The entry {where} is '{error.instance}', expected {error.schema.get('description', 'another form')}."
    if error.validator == "propertyNames":
        return f"The entry {where} has a name that is not one of {', '.join(error.validator_value['enum'])}."
    expected = error.schema.get("description", error.validator_value)
    return f"The entry {where or 'of the whole file'} is {error.instance!r}, expected {expected}."


def _beyond_schema(data: dict[str, Any]) -> list[str]:
    found = []
    if not data.get("identities") and not data.get("apis"):
        found.append("The entry 'identities' is missing: without it nobody can sign in; only a file with 'apis' may lack it.")
    if data["kind"] == "production" and any((data.get("allow") or {}).values()):
        found.append("The entry allow grants something although kind is production: only read-only probes are permitted there.")
    for name, text, least, most in (
        ("theodore.timeout", data["theodore"].get("timeout", 10), 0.0, 600.0),
        ("clock_tolerance", data.get("clock_tolerance", 2), -1.0, LARGEST_TOLERANCE),
    ):
        try:
            if not least < timing.seconds(text) <= most:
                found.append(f"The entry {name} is '{text}', expected more than {max(least, 0):g} s and at most {most:g} s.")
        except UsageError as error:
            found.append(f"The entry {name}: {error}")
    try:
        host = urlsplit(data["theodore"]["url"]).hostname
    except ValueError:
        return [*found, f"The entry theodore.url is '{data['theodore']['url']}', which is no URL."]
    if host and data.get("hosts") and host not in data["hosts"]:
        found.append(f"The host {host} of theodore.url is not among hosts: {', '.join(data['hosts'])}.")
    return found


def _object(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False} | more


def _map(values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values, "description": "a mapping of names to entries"} | more


_TEXT = {"type": "string", "minLength": 1, "description": "a text"}
_BOOLEAN = {"type": "boolean", "description": "true or false"}
_TIME = {"type": ["number", "string"], "description": "a duration such as 10 s"}
_AMOUNT = {"type": "number", "minimum": 0, "description": "a number"}
KNOWN_PROVIDERS = ("openai", "gemini", "bedrock")
PROVIDER_ENTRIES = (
    "url",
    "key_env",
    "model",
    "embedding_model",
    "dimensions",
    "usd_per_million_tokens",
    "max_usd",
    "max_requests_per_minute",
)
_URL = {
    "type": "string",
    "pattern": rf"^({EMBEDDED}|https?://[^/\s@]+(/\S*)?)$",
    "description": f"a URL that begins with http:// or https:// and holds no credentials, or '{EMBEDDED}'",
}
_VARIABLE_NAME = {
    "type": "string",
    "pattern": "^[A-Z_][A-Z0-9_]*$",
    "description": "the name of an environment variable in capitals (never the secret itself)",
}
SCHEMA = _object(
    {
        "name": _TEXT,
        "kind": {"enum": ["sandbox", "test", "staging", "production"]},
        "theodore": _object({"url": _URL, "api_prefix": _TEXT, "timeout": _TIME}, "url"),
        "identities": _map(
            _object(
                {
                    "username": _TEXT,
                    "password_env": _VARIABLE_NAME,
                    "role": _TEXT,
                    "tenant": _TEXT,
                    "limits": {"enum": ["room", "production"]},
                },
                "username",
                "password_env",
            ),
            minProperties=1,
        ),
        "hosts": {"type": "array", "items": _TEXT, "description": "a list of host names"},
        "allow": _object(
            {
                "active_scan": _BOOLEAN,
                "chaos": _BOOLEAN,
                "destructive": _BOOLEAN,
                "load_max_rps": {"type": "number", "minimum": 0, "description": "a number of requests per second"},
            }
        ),
        "services": {"enum": ["doubles", "real"]},
        "proof": _object(dict.fromkeys(_PROOFS, _TEXT)),
        "links": _map(_object({"calls": _URL, "behaviour": _URL}, "calls")),
        "providers": _map(
            _object(
                {
                    "url": _URL,
                    "key_env": _VARIABLE_NAME,
                    "model": _TEXT,
                    "embedding_model": _TEXT,
                    "dimensions": {"type": "integer", "minimum": 1, "description": "a number of dimensions"},
                    "usd_per_million_tokens": _AMOUNT,
                    "max_usd": _AMOUNT,
                    "max_requests_per_minute": _AMOUNT,
                },
                *PROVIDER_ENTRIES,
            ),
            propertyNames={"enum": list(KNOWN_PROVIDERS)},
        ),
        "control": _URL,
        "proxies": _object({"url": _URL, "links": _map(_TEXT)}, "url"),
        "processes": _map(_TEXT | {"description": "a file that holds a process id"}),
        "containers": _map(_TEXT | {"description": "a container's name or id"}),
        "docker": _TEXT | {"description": "a Docker engine's address such as unix:///var/run/docker.sock"},
        "namespaces": _map(_TEXT | {"description": "a network namespace of this machine"}),
        "clocks": _map(_TEXT | {"description": "the FAKETIME_TIMESTAMP_FILE of a process under libfaketime"}),
        "apis": _map({"type": "object", "description": "the description of an API"}),
        "tls": _object({"url": _URL, "ca": _TEXT}, "url"),
        "stores": {"type": "array", "items": _TEXT, "description": "a list of files in which data is kept"},
        "logs": {"type": "array", "items": _TEXT, "description": "a list of log files"},
        "disks": _map(_TEXT | {"description": "a folder on a small file system of the system under test"}),
        "sandbox": _object(
            {
                "database": _TEXT,
                "delay_scale": {"type": "number", "minimum": 0, "description": "a number"},
                "providers": {"type": "array", "items": {"enum": list(KNOWN_PROVIDERS)}, "description": "a list of providers"},
                "dependencies": _map(_URL),
                "signing_key_env": _VARIABLE_NAME,
                "provider_key_env": _map(_VARIABLE_NAME),
                "defects": {"type": "array", "items": _TEXT, "description": "a list of defects"},
            }
        ),
        "clock_tolerance": _TIME,
        "companies": _TEXT,
        "thresholds": _TEXT,
        "contract": _TEXT,
        "not_available": _map(
            _object(
                {
                    "reason": _TEXT,
                    "owner": _TEXT,
                    "until": {"type": "string", "format": "date", "description": "a date such as 2027-01-31"},
                },
                "reason",
                "owner",
                "until",
            )
        ),
    },
    "name",
    "kind",
    "theodore",
)
