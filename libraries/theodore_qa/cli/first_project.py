"""A first project for any HTTP API: an environment with one system, and suites that run at once."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from theodore_qa import openapi
from theodore_qa.cli import described_sign_in, graphql_rows
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from theodore_qa.openapi import Document, Operation

MOST_ROWS = 25
WIDEST = 118  # columns of a suite
GENERATED = """\
#
# Objects Are The Same By All Routes (creates objects, and deletes them again)
#     API Should Be Consistent
#
# Generated Requests Are Answered As In The Contract
#     Generated Requests Should Be As In The Contract    examples=2
"""
OTHER_FILES = re.compile(r"\$ref[\"']?\s*:\s*[\"']?[^#\"'\s{]")
SUCCESS = range(200, 300)
LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104


@dataclass
class Start:
    """What is known of an API when its project is made."""

    name: str
    url: str
    contract: str = ""  # a file beside the environment, or a path that the system serves
    document: Document | None = None
    text: str = ""  # of the document, to be written as a file
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    sign_in: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)  # operations, where there is no document
    title: str = ""  # of its start page

    @property
    def local(self) -> bool:
        """Whether its host is this machine or a private network: others are attacked only after somebody has written so."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_private
        except ValueError:
            return host == "localhost" or host.endswith((".local", ".test", ".internal"))

    @property
    def served(self) -> bool:
        """Whether the system serves its own document."""
        return self.contract.startswith("/")


def without_document(url: str) -> Start:
    """A start for an API that has no document."""
    host = urlsplit(_checked(url)).hostname or ""
    from theodore_qa.systems.client import Client
    from theodore_qa.systems.proof import title_of

    numeric = host == "localhost" or not re.search("[a-z]", host)
    client = Client(_checked(url), (host,))
    start = Start("api" if numeric else _named(host), _checked(url), rows=graphql_rows.found(client))
    start.title = title_of(client.send("GET", "/", timeout=graphql_rows.PATIENCE))
    return start


def with_document(source: str, url: str, folder: Path) -> Start:
    """A start from an OpenAPI document, a file or the URL where it is served."""
    if re.match(r"https?://", source):
        return _served(source, url)
    path = Path(source)
    if not path.is_file():
        raise UsageError(f"The OpenAPI document {source} is not there: it is looked for at {path.resolve()}.")
    document = openapi.read(path)
    address = url or _address(document)
    if not address:
        raise UsageError(
            f"The document {path.name} does not say where the API is: add --url, such as --url http://127.0.0.1:8080."
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = not OTHER_FILES.search(text)  # else it stays where the files are that it refers to
    named = path.name if whole else os.path.relpath(path.resolve(), folder.resolve() / "variables")
    start = Start(_title(document), _base(address, document, given=bool(url)), named, document, text if whole else "")
    _identities(start)
    return start


def _served(source: str, url: str) -> Start:
    from theodore_qa.systems.client import Client

    parts = urlsplit(source)
    base = f"{parts.scheme}://{parts.netloc}"
    answer = Client(base, (parts.hostname or "",)).send("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
    if not answer.ok:
        observed = f"{answer.status} with {answer.excerpt(80)}" if answer.status else answer.problem
        raise UsageError(f"Expected an OpenAPI document at {source}, observed {observed}.")
    document = openapi.parse(answer.text, source)
    named = _address(document)
    elsewhere = bool(named) and urlsplit(named).netloc != parts.netloc and not url
    if elsewhere and urlsplit(named).hostname in LOOPBACK:  # as its developers run it: it is where the document is served
        address = urljoin(source, urlsplit(named).path or "/")
    else:
        address, elsewhere = url or urljoin(source, named or "/"), False
    own = urlsplit(address).netloc == parts.netloc
    start = Start(_title(document), _base(address, document, given=bool(url)), parts.path if own else "openapi.json", document)
    start.text = "" if own else answer.text
    if elsewhere:
        start.notes.append(f"The document names the server {named}: set 'url' to it if the API is there.")
    _identities(start)
    return start


def _address(document: Document) -> str:
    """The address of the first server; of OpenAPI 2.0, of its host."""
    if document.version == "2.0":
        host = document.raw.get("host")
        scheme = next(iter(document.raw.get("schemes") or ["https"]))
        return f"{scheme}://{host}" if host else ""
    first = next(iter(document.servers), "")
    return first if first.startswith("http") else ""


def _base(address: str, document: Document, *, given: bool) -> str:
    """The address without the document's own base path, which stands before each of its paths anyway."""
    parts = urlsplit(_checked(address))
    path = parts.path.rstrip("/")
    if not given or (document.prefix and path.endswith(document.prefix)):
        path = path.removesuffix(document.prefix)
    return f"{parts.scheme}://{parts.netloc}{path}"


def _checked(url: str) -> str:
    if not re.match(r"https?://[^/\s@]+", url):
        raise UsageError(f"'{url}' is no address: write it as http://127.0.0.1:8080, without credentials.")
    return url.rstrip("/")


def _title(document: Document) -> str:
    info = document.raw.get("info")
    return _named(str(info.get("title", "api")) if isinstance(info, dict) else "api")


def _named(text: str) -> str:
    """A name that a system can have."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:30].strip("-")
    return name if name[:1].isalpha() else f"api-{name}".rstrip("-")


# Identities


def _identities(start: Start) -> None:
    """One identity for each security scheme, with variables to set."""
    document = start.document
    for name, scheme in (document.security_schemes if document else {}).items():
        key = _named(name)
        variable = re.sub(r"[^A-Z0-9]+", "_", f"{start.name}_{key}".upper())
        made = _identity(scheme, variable)
        if made is None:
            start.notes.append(f"The security scheme '{name}' is of a kind that is filled in by hand.")
        else:
            start.identities[key] = made
    start.sign_in = described_sign_in.found(document) if document else {}


def _identity(scheme: dict[str, Any], variable: str) -> dict[str, Any] | None:
    """The entry of an identity that signs in by a security scheme; None for a kind that no entry can describe.

    ``variable`` begins the names of the environment variables with its secrets.
    """
    kind, how = str(scheme.get("type")), str(scheme.get("scheme", "")).lower()
    if kind == "basic" or (kind == "http" and how in ("basic", "digest")):
        return {"username": "change-me", "password_env": f"{variable}_PASSWORD", "sign_in": {"how": how or "basic"}}
    if kind == "http":
        return {"token_env": f"{variable}_TOKEN"} | ({} if how == "bearer" else {"scheme": how})
    if kind == "apiKey":
        name, location = str(scheme.get("name", "")), str(scheme.get("in"))
        carriers = {
            "header": {"header": name, "scheme": ""},  # the key alone, without a word such as Bearer before it
            "query": {"query": name},
            "cookie": {"cookie": name},
        }
        return {"token_env": f"{variable}_KEY", **carriers.get(location, {})}
    if kind == "oauth2":
        return _oauth(scheme, variable)
    if kind == "openIdConnect":
        issuer = str(scheme.get("openIdConnectUrl", "")).removesuffix("/.well-known/openid-configuration")
        return _client(variable, {"how": "client_credentials", "issuer": issuer})
    return None


def _client(variable: str, way: dict[str, Any]) -> dict[str, Any]:
    return {"client_id": "change-me", "client_secret_env": f"{variable}_SECRET", "sign_in": way}


def _oauth(scheme: dict[str, Any], variable: str) -> dict[str, Any] | None:
    flows = scheme.get("flows")
    if not isinstance(flows, dict):  # OpenAPI 2.0
        names = {"application": "clientCredentials", "accessCode": "authorizationCode", "password": "password"}
        flows = {names.get(str(scheme.get("flow")), "implicit"): scheme}
    for name, how in (
        ("clientCredentials", "client_credentials"),
        ("password", "password"),
        ("authorizationCode", "authorization_code"),
    ):
        flow = flows.get(name)
        if not isinstance(flow, dict) or not flow.get("tokenUrl"):
            continue
        way = {"how": how, "token_url": str(flow["tokenUrl"])}
        if how == "client_credentials":
            return _client(variable, way)
        if flow.get("authorizationUrl"):
            way["authorization_url"] = str(flow["authorizationUrl"])
        identity = {"username": "change-me", "password_env": f"{variable}_PASSWORD", "client_id": "change-me"}
        return identity | {"sign_in": way}
    return {"token_env": f"{variable}_TOKEN"}  # an implicit flow needs a person: the token is given


# Files


def environment(start: Start) -> str:
    """The environment file."""
    import yaml

    def block(data: Any, indent: int) -> str:
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
        return "".join(f"{' ' * indent}{line}\n" for line in text.splitlines())

    hosts = sorted({urlsplit(start.url).hostname or "", *_hosts(start)})
    lines = [
        "# yaml-language-server: $schema=environment.schema.json\n",
        f"# `theodore check variables/{start.name}.yaml --connect` says what can be tested with this file, what not, and why.\n",
        block({"name": start.name, "kind": "test", "hosts": hosts}, 0),
        "# What may be done to it; nothing hostile is sent before the system has proved to be the one that is meant.\n",
        block({"allow": {"active_scan": start.local, "destructive": False, "chaos": False, "load_max_rps": 0}}, 0),
        "" if start.local else "# The host is not of this machine: set active_scan to true once you may attack it.\n",
        f"systems:\n  {start.name}:\n",
        block({"url": start.url} | ({"contract": start.contract} if start.contract else {}), 4),
    ]
    if start.identities:
        lines += ["    # One for each security scheme: set the variables, correct what says change-me, add a second user.\n"]
        lines += [block({"identities": start.identities}, 4)]
    if start.sign_in or not start.identities:
        lines += [described_sign_in.comment(start.sign_in, beside=bool(start.identities))]
    if start.document is None:
        lines += ["    # What it has: one row for each operation.\n    operations:\n      - GET /\n"]
        lines += [f"      - {row}\n" for row in map(graphql_rows.line, start.rows)]
    lines += [_proof(start), *(f"    # {note}\n" for note in start.notes)]
    return "".join(lines)


def _hosts(start: Start) -> list[str]:
    """The hosts of identity providers."""
    entries = [str(entry) for identity in start.identities.values() for entry in identity.get("sign_in", {}).values()]
    return [host for entry in entries if entry.startswith("http") and (host := urlsplit(entry).hostname)]


def _proof(start: Start) -> str:
    info = start.document.raw.get("info") if start.document else None
    title = str(info.get("title") or "") if start.served and isinstance(info, dict) else ""
    read = f"operation: GET {start.contract}, field: info.title" if title else "operation: GET /"
    if title or start.title:
        proof = f"proof: {{{read}, value: {json.dumps(title or start.title, ensure_ascii=False)}}}"
        return f"    # By what it proves to be the one that is meant.\n    {proof}\n"
    return (
        "    # By what it proves to be the one that is meant: nothing hostile is sent without it.\n"
        "    # proof: {operation: GET /version, field: build, value: the-build-that-you-mean}\n"
    )


def api_suite(start: Start) -> str:
    """A suite of functional tests: the system answers, as its contract says, and nobody gets in without credentials."""
    title = start.name
    rows, later = _rows(start)
    parts = [
        "*** Settings ***\n",
        f"Documentation       First tests of {title}: it answers{', as its contract says' if start.document else ''}.\n",
        f"Metadata            System    {title}\n\n",
        "Library             ApiLibrary\n\n",
        f"Test Tags           area:api    system:{title}\n\n\n",
        "*** Test Cases ***\n",
        "System Answers\n",
        "    [Documentation]    It answers, and not with an error of its own.\n",
        f"    Get Response Status    {_first(start)}    <    500    identity=NOBODY\n\n",
    ]
    for name, row in rows:
        parts += [
            f"{name}\n",
            "    [Documentation]    The response has the status and the body of the contract.\n",
            f"{_wrapped(row)}\n\n",
        ]
    if start.document is not None and start.identities:
        parts += [
            "Every Operation Needs An Identity\n",
            "    [Documentation]    What is not open to everybody is refused without credentials and with made-up ones.\n",
            "    Every Operation Should Need An Identity\n\n",
        ]
    parts += ["# Next steps; take the # away:\n"]
    parts += [f"#\n# {name}\n{_wrapped(row, '# ')}\n" for name, row in later]
    parts += [
        "#\n# Field Is As Expected\n",
        "#     Get Response Field    GET /orders/7    status    ==    shipped\n",
        GENERATED if start.document is not None else "",
        "#\n# Another Library Observes\n",
        "#     ${count} =    Query    SELECT count(*) FROM orders\n",
        "#     Observe    orders in the database    3    ${count}\n",
    ]
    return "".join(parts).rstrip("\n") + "\n"


def security_suite(start: Start) -> str:
    """A suite of attacks that only read."""
    title = start.name
    parts = [
        "*** Settings ***\n",
        f"Documentation       First attacks on {title}: only operations that read are sent.\n",
        f"Metadata            System    {title}\n\n",
        "Library             SecurityLibrary\n\n",
        "Test Template       API Should Withstand\n",
        f"Test Tags           area:security    system:{title}\n\n\n",
        "*** Test Cases ***    ATTACK\n",
    ]
    for name, attack, words in (
        ("Security Headers", "security-headers", "Answers carry the headers that keep browsers from harm."),
        ("Origins", "cors", "Pages of other sites cannot read answers."),
        ("Banner", "banner", "No answer tells product and version."),
        ("Missing Authentication", "missing-authentication", "What needs a sign-in is refused to nobody."),
        ("SQL Injection", "sql-injection", "A quote or a condition in a value never reaches a database as SQL."),
        ("Scripts In Pages", "reflected-xss", "A value never becomes markup of a page."),
    ):
        parts += [f"{name}\n", f"    [Documentation]    {words}\n", f"    [Tags]    attack:{attack}\n", f"    {attack}\n\n"]
    parts += [
        "# Next steps; take the # away:\n",
        "#\n# Objects Of Other Users (needs two identities of one role)\n#     object-level\n",
        "#\n# What Changes Something (needs allow: {destructive: true})\n",
        "#     sql-injection    command-injection    allow_changes=True\n",
    ]
    return "".join(parts)


def _wrapped(row: str, before: str = "") -> str:
    """A row as it stands in a suite, on several lines where it is too long for one."""
    lines, line = [], f"{before}    "
    for cell in row.split("    "):
        if len(line) + len(cell) > WIDEST and line.strip("# ."):
            lines.append(line.rstrip())
            line = f"{before}    ...    "
        line += f"{cell}    "
    return "\n".join([*lines, line.rstrip()])


def _first(start: Start) -> str:
    """A request that needs nothing: the first operation that reads without parameters, or the root."""
    for operation in start.document.operations if start.document else ():
        if operation.method == "GET" and not _needs(operation):
            return f"GET {operation.path}"
    return "GET /"


def _needs(operation: Operation) -> bool:
    return "{" in operation.path or any(parameter.required for parameter in operation.parameters) or operation.body_required


def _rows(start: Start) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Rows of the contract that run at once, and those that need values first."""
    rows: list[tuple[str, str]] = []
    later: list[tuple[str, str]] = []
    for operation in start.document.operations if start.document else ():
        if operation.method not in ("GET", "HEAD") or operation.problems:
            continue
        status = next((code for code in operation.responses if code.isdigit() and int(code) in SUCCESS), "200")
        security = operation.security
        anonymous = security is not None and (not security or {} in security)
        who = "    identity=NOBODY" if anonymous or not start.identities else _who(start, operation)
        name = re.sub(r"[^\w/{}. -]+", " ", f"{operation.label} Is As In The Contract")
        row = f"Response Should Be As In The Contract    {operation.label}    {status}{who}"
        (later if _needs(operation) else rows).append((name, row))
    return rows[:MOST_ROWS], [*rows[MOST_ROWS:], *later][:MOST_ROWS]


def _who(start: Start, operation: Operation) -> str:
    for need in operation.security or ():
        for name in need:
            if _named(name) in start.identities:
                return f"    identity={_named(name)}"
    return ""
