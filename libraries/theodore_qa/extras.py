"""What a plain installation lacks: modules of the extras, and programs; each with the command that brings it."""

from __future__ import annotations

import shutil
from importlib import import_module, util

from theodore_qa.errors import NotEvaluatedError

MODULES = {
    "cosmic_ray": ("cosmic-ray", "dev"),
    "coverage": ("coverage", "dev"),
    "cryptography": ("cryptography", "tls"),
    "docker": ("The Docker SDK", "chaos"),
    "duckdb": ("DuckDB", "quality"),
    "hdrh": ("hdrhistogram", "load"),
    "locust": ("Locust", "locust"),
    "markdown": ("Markdown", "docs"),
    "mutmut": ("mutmut", "dev"),
    "numpy": ("NumPy", "analytics"),
    "openpyxl": ("openpyxl", "sandbox"),
    "playwright": ("Playwright", "browser"),
    "psycopg": ("psycopg", "sandbox"),
    "pypdf": ("pypdf", "export"),
    "redis": ("redis", "sandbox"),
    "reportlab": ("ReportLab", "sandbox"),
    "schemathesis": ("Schemathesis", "contract"),
    "scipy": ("SciPy", "quality"),
    "signxml": ("signxml", "saml"),
    "sslyze": ("sslyze", "tls"),
}
PROGRAMS = {
    "conformance": "npm install --global @modelcontextprotocol/conformance@0.1.9",
    "git": "apt-get install git",
    "ip": "apt-get install iproute2",
    "iptables": "apt-get install iptables",
    "py-spy": "pip install py-spy",
    "openssl": "apt-get install openssl",
    "sqlmap": "pip install sqlmap",
    "testssl": "apt-get install testssl.sh",
}
ALSO_NAMED = {"testssl": "testssl.sh"}


def demand(module: str, purpose: str, error: type[Exception] = NotEvaluatedError) -> None:
    """Import a module of an extra, so that a plain import may follow.

    Raises:
        NotEvaluatedError: It cannot be imported; the text names the command. ``error`` is raised in its place.
    """
    try:
        import_module(module)
    except ImportError as problem:
        state = "is not installed" if problem.name == module else f"cannot be imported ({problem})"
        raise error(_sentence(module, state, purpose)) from None


def demand_found(module: str, purpose: str) -> None:
    """Look whether a module of an extra is there, without importing it: for what changes the process that does.

    Raises:
        NotEvaluatedError: It is not installed; the text names the command.
    """
    if not _installed(module):
        raise NotEvaluatedError(_sentence(module, "is not installed", purpose))


def program(name: str, purpose: str = "", error: type[Exception] = NotEvaluatedError) -> str:
    """The path of a program.

    Raises:
        NotEvaluatedError: It is not on the PATH; the text names the command. ``error`` is raised in its place.
    """
    found = _found(name)
    if not found:
        raise error(_sentence(name, "is not installed", purpose))
    return found


def lacking(*names: str) -> str:
    """The modules and programs among ``names`` that are not installed, each with its command; empty if all are there."""
    return "; ".join(_sentence(name, "is not installed") for name in names if not _installed(name))


def _sentence(name: str, state: str, purpose: str = "") -> str:
    title, extra = MODULES.get(name, (name, ""))
    command = f"pip install 'robotframework-theodore[{extra}]'" if extra else PROGRAMS[name]
    return f"{title}{f', which is needed for {purpose},' if purpose else ''} {state}: {command}"


def _installed(name: str) -> bool:
    if name in PROGRAMS:
        return bool(_found(name))
    try:
        return util.find_spec(name) is not None
    except ImportError:
        return False


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(ALSO_NAMED.get(name, name))
