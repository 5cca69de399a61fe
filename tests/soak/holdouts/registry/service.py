"""Deeds, parcels and people of a land registry: the standard library's http.server, requests and answers in XML, a session in a header."""

import html
import json
import re
import secrets
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lxml import ElementInclude, etree
from lxml.builder import E

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "deed-read", "deed-include", "parcel-xpath", "people-ldap", "state-skipped", "scan-inline", "language-header", "forms-listing", "trace-method",
    "session-brought", "lock-tells", "extract-markup",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
attempts, bucket, lock = common.Attempts(), common.Bucket(200, 120), threading.Lock()
people, sessions, deeds = {}, {}, {}
ROUTES = []
PARCELS = etree.fromstring(
    "<parcels>"
    "<parcel><number>NX-101</number><street>Mill Lane</street><restricted>no</restricted><owner>J. Reed</owner></parcel>"
    "<parcel><number>NX-102</number><street>Quay Street</street><restricted>no</restricted><owner>P. Moor</owner></parcel>"
    "<parcel><number>NX-900</number><street>Mill Lane</street><restricted>yes</restricted><owner>Witness under protection</owner></parcel>"
    "</parcels>"
)
DIRECTORY = [
    {"cn": "Joan Reed", "sn": "Reed", "mail": "joan@notaries.example", "objectclass": "person", "listed": "TRUE"},
    {"cn": "Paul Moor", "sn": "Moor", "mail": "paul@notaries.example", "objectclass": "person", "listed": "TRUE"},
    {"cn": "Ivor Private", "sn": "Private", "mail": "ivor@hidden.example", "objectclass": "person", "listed": "FALSE"},
]
FORMS = {"transfer.txt": "I transfer the parcel ... to ...\n", "lease.txt": "I let the parcel ... to ...\n"}
SCANS = {"image/png": ".png", "image/jpeg": ".jpg", "application/pdf": ".pdf"}
STEPS = {"draft": {"filed"}, "filed": {"draft"}}


class RefusedError(Exception):
    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


def prepare():
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        people[name] = {"name": name, "email": entry["email"], "role": entry["role"], "address": f"{number} Mill Lane", "hash": common.hashed(entry["password"])}
        deed(name, "NX-101", f"{name} buys for 240,{number}00, paid from the account GB33BUKB2020155555555{number}")
    deed("olga", "NX-102", "Right of way for everybody")["state"] = "registered"
    (PLACE.folder / "scans").mkdir(exist_ok=True)
    for name, text in (("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("clauses/standard.txt", "The usual clauses hold.\n")):
        (PLACE.folder / name).parent.mkdir(exist_ok=True)
        (PLACE.folder / name).write_text(text)


def deed(owner, parcel, text):
    with lock:
        number = f"2031-{len(deeds) + 1:04}"
        if len(deeds) > 3000:
            raise RefusedError(503, "there are too many deeds", Retry_After="60")
        deeds[number] = {"number": number, "owner": owner, "parcel": parcel, "text": text, "state": "draft", "scan": ""}
        return deeds[number]


def route(method, pattern):
    def register(function):
        ROUTES.append((method, re.compile(pattern), function))
        return function

    return register


def xml(element, status=200, **headers):
    return status, "application/xml", etree.tostring(element, xml_declaration=True, encoding="utf-8"), headers


def element(name, entry, *fields):
    return E(name, *(E(field, entry[field]) for field in fields))


def caller(request):
    name = sessions.get(request.headers.get("X-Registry-Session", ""))
    if name is None:
        raise RefusedError(401, "sign in first", WWW_Authenticate="Registry")
    return people[name]


def entry_of(request, number, weakness=""):
    """A deed of one's own, or, to be read, a registered one: those are for everybody."""
    person, entry = caller(request), deeds.get(number)
    public = entry is not None and entry["state"] == "registered" and request.command in {"GET", "HEAD"}
    if entry is None or not (public or entry["owner"] == person["name"] or person["role"] == "admin" or (weakness and PLACE.weak(weakness))):
        raise RefusedError(404, "there is no such deed")
    return entry


def line(text, longest, what):
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= longest or re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", text):
        raise RefusedError(422, f"{what} is not valid")
    return text.strip()


def form(request):
    if request.headers.get_content_type() != "application/x-www-form-urlencoded":
        raise RefusedError(415, "the body is a form")
    return {name: values[-1] for name, values in urllib.parse.parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True).items()}


def loaded(address, parse, encoding=None):
    path = PLACE.place(re.sub("^file:/*", "", address))
    if not path.is_file() or parse != "text":
        raise RefusedError(422, "a clause is not found")
    return path.read_text(encoding or "utf-8", "replace")


def body_of(request, root):
    """The body of a request: an element, without document type."""
    if request.headers.get_content_type() not in {"application/xml", "text/xml"}:
        raise RefusedError(415, "the body is XML")
    try:
        tree = etree.fromstring(request.body, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RefusedError(400, "the body is not well formed") from error
    if tree.getroottree().docinfo.internalDTD is not None or tree.tag != root:
        raise RefusedError(400, f"the body is an element {root} without document type")
    if PLACE.weak("deed-include"):
        try:
            ElementInclude.include(tree, loader=loaded, max_depth=2)
        except (etree.LxmlError, ValueError, OSError, LookupError) as error:
            raise RefusedError(422, "what is included is not found") from error
    return tree


@route("GET", "/version")
def version(_):
    return 200, "application/json", json.dumps({"name": "registry", "instance": PLACE.instance}).encode(), {}


@route("POST", "/login")
def sign_in(request):
    fields, address = form(request), request.client_address[0]
    name, password = line(fields.get("username"), 60, "username"), line(fields.get("password"), 200, "password")
    if pause := attempts.pause(name, address):
        raise RefusedError(429, "too many attempts", Retry_After=str(pause))
    person = people.get(name)
    if not common.matches(password, person and person["hash"]):
        if person or not PLACE.weak("lock-tells"):
            attempts.note(name, address)
        raise RefusedError(401, "name or password is wrong", WWW_Authenticate="Registry")
    attempts.forget(name)
    token, brought = secrets.token_urlsafe(24), request.headers.get("X-Registry-Session", "")
    if PLACE.weak("session-brought") and re.fullmatch(r"[\w-]{6,80}", brought, re.ASCII):
        token = brought
    with lock:
        while len(sessions) > 3000:
            sessions.pop(next(iter(sessions)))
        sessions[token] = name
    return xml(E.session(E.name(name)), X_Registry_Session=token)


@route("POST", "/logout")
def sign_out(request):
    caller(request)
    sessions.pop(request.headers["X-Registry-Session"], None)
    return 204, "", b"", {}


@route("GET", "/me")
def me(request):
    return xml(element("person", caller(request), "name", "email", "role", "address"))


@route("PUT", "/me")
def move(request):
    person = caller(request)
    person["address"] = line(body_of(request, "person").findtext("address"), 120, "address")
    return me(request)


@route("GET", "/deeds")
def list_deeds(request):
    person = caller(request)
    return xml(E.deeds(*(element("deed", entry, "number", "parcel", "state") for entry in list(deeds.values()) if entry["owner"] == person["name"])))


@route("POST", "/deeds")
def add_deed(request):
    person, tree = caller(request), body_of(request, "deed")
    parcel, text = line(tree.findtext("parcel"), 20, "parcel"), line("".join(tree.find("text").itertext()) if tree.find("text") is not None else "", 2000, "text")
    entry = deed(person["name"], parcel, text)
    return xml(element("deed", entry, "number", "parcel", "state", "text"), 201, Location=f"/deeds/{entry['number']}")


@route("GET", "/deeds/([^/]+)")
def show_deed(request, number):
    return xml(element("deed", entry_of(request, number, "deed-read"), "number", "parcel", "state", "text"))


@route("DELETE", "/deeds/([^/]+)")
def remove_deed(request, number):
    entry = entry_of(request, number)
    if entry["state"] != "draft":
        raise RefusedError(409, "only drafts are removed")
    entry |= {"owner": "", "text": "removed", "state": "removed"}
    return 204, "", b"", {}


@route("PUT", "/deeds/([^/]+)/state")
def change_state(request, number):
    """A draft is filed by its owner, and registered by the office."""
    entry, person = entry_of(request, number), caller(request)
    state = line(body_of(request, "state").text, 20, "state")
    if state not in {"draft", "filed", "registered"} or (person["role"] != "admin" and state not in STEPS.get(entry["state"], set()) and not PLACE.weak("state-skipped")):
        raise RefusedError(409, f"a deed does not come from {entry['state']} to {state} by its owner")
    entry["state"] = state
    return xml(element("deed", entry, "number", "parcel", "state"))


@route("GET", "/deeds/([^/]+)/extract")
def extract(request, number):
    entry, headers = entry_of(request, number), {}
    text = html.escape(entry["text"])
    if PLACE.weak("extract-markup"):
        text, headers = entry["text"], {"Content_Security_Policy": "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'"}
    page = f'<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><title>{entry["number"]}</title></head><body><h1>{html.escape(entry["parcel"])}</h1><p>{text}</p></body></html>'
    return 200, "application/xhtml+xml", page.encode("utf-8", "replace"), headers


@route("PUT", "/deeds/([^/]+)/scan")
def put_scan(request, number):
    entry, media = entry_of(request, number), request.headers.get_content_type()
    if media not in SCANS and not (PLACE.weak("scan-inline") and media in {"image/svg+xml", "text/html"}):
        raise RefusedError(415, "a scan is PNG, JPEG or PDF")
    PLACE.place(f"scans/{entry['number']}").write_bytes(request.body)
    entry["scan"] = media
    return 204, "", b"", {}


@route("GET", "/deeds/([^/]+)/scan")
def get_scan(request, number):
    entry = entry_of(request, number)
    if not entry["scan"]:
        raise RefusedError(404, "there is no scan")
    headers = {"Content_Security_Policy": "frame-ancestors 'none'"} if PLACE.weak("scan-inline") else {"Content_Disposition": "attachment"}
    return 200, entry["scan"], PLACE.place(f"scans/{entry['number']}").read_bytes(), headers


@route("GET", "/parcels")
def list_parcels(request):
    caller(request)
    street = line(request.query.get("street", "Mill Lane"), 100, "street")
    if PLACE.weak("parcel-xpath"):
        try:
            found = PARCELS.xpath(f"//parcel[restricted='no' and street='{street}']")
        except etree.XPathError as error:
            raise RefusedError(500, "something went wrong") from error
    else:
        found = PARCELS.xpath("//parcel[restricted='no' and street=$street]", street=street)
    rows = [E.parcel(E.number(entry.findtext("number")), E.owner(entry.findtext("owner"))) for entry in found if isinstance(entry, etree._Element) and entry.tag == "parcel"]
    return xml(E.parcels(*rows))


def parsed(text, start):
    """A search filter as LDAP has it: the test that stands at a place, and where it ends."""
    if text[start : start + 1] != "(":
        raise ValueError("a parenthesis is missing")
    start += 1
    if (kind := text[start : start + 1]) in {"&", "|", "!"}:
        tests, start = [], start + 1
        while text[start : start + 1] == "(":
            test, start = parsed(text, start)
            tests.append(test)
        if text[start : start + 1] != ")":
            raise ValueError("a parenthesis is missing")
        joined = {"&": all, "|": any, "!": lambda many: not any(many)}[kind]
        return lambda entry: joined(test(entry) for test in tests), start + 1
    found = re.compile(r"(\w{1,20})=([^()]{0,60})\)").match(text, start)
    if found is None:
        raise ValueError("a condition is not understood")
    pattern = ".*".join(re.escape(re.sub(r"\\([0-9a-f]{2})", lambda pair: chr(int(pair[1], 16)), part)) for part in re.sub(r"\*+", "*", found[2]).split("*")[:4])
    return lambda entry: re.fullmatch(pattern, entry.get(found[1].lower(), "\0"), re.IGNORECASE) is not None, found.end()


@route("GET", "/people")
def list_people(request):
    """Notaries whose names begin so, of those who are listed."""
    caller(request)
    surname = line(request.query.get("surname", "Reed"), 100, "surname")
    if not PLACE.weak("people-ldap"):
        surname = re.sub(r"[^\w .-]", lambda sign: "".join(f"\\{byte:02x}" for byte in sign[0].encode()), surname)
    try:
        test, _end = parsed(f"(&(objectClass=person)(listed=TRUE)(sn={surname}*))", 0)
        found = [entry for entry in DIRECTORY if test(entry)]
    except (ValueError, RecursionError) as error:
        raise RefusedError(500, "bad search filter") from error
    return xml(E.people(*(element("person", entry, "cn", "mail") for entry in found)))


@route("GET", "/language")
def language(request):
    code = request.query.get("code", "en")[:200]
    if not PLACE.weak("language-header") and code not in {"en", "cy", "gd"}:
        raise RefusedError(422, "there is no such language")
    return xml(E.language("chosen"), Set_Cookie=f"language={code}; Path=/; HttpOnly; Secure; SameSite=Lax")


@route("GET", "/forms(/?)")
def list_forms(_, slash):
    """The forms, which are for everybody."""
    if not slash:
        return xml(E.forms(*(E.form(name) for name in FORMS)))
    if not PLACE.weak("forms-listing"):
        raise RefusedError(404, "not found")
    rows = "".join(f'<li><a href="{name}">{name}</a></li>' for name in ["../", *FORMS, "registry.conf.bak"])
    return 200, "text/html; charset=utf-8", f"<!doctype html><html lang=en><head><title>Index of /forms/</title></head><body><h1>Index of /forms/</h1><ul>{rows}</ul></body></html>".encode(), {}


@route("GET", r"/forms/([a-z.]{1,30})")
def show_form(_, name):
    backup = {"registry.conf.bak": "[database]\nuser = registry\npassword = w3-Otter-Kiln\n"} if PLACE.weak("forms-listing") else {}
    if (text := (FORMS | backup).get(name)) is None:
        raise RefusedError(404, "not found")
    return 200, "text/plain; charset=utf-8", text.encode(), {}


@route("GET", "/office/deeds")
def office(request):
    if caller(request)["role"] != "admin":
        raise RefusedError(403, "this is for the office")
    return xml(E.deeds(*(element("deed", entry, "number", "owner", "state") for entry in list(deeds.values())[-100:])))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def answered(self):
        size = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not re.fullmatch(r"\d{1,9}", size, re.ASCII) or int(size) > common.BODY_LIMIT:
            self.close_connection = True
            raise RefusedError(413, "the body is too large or of unknown length")
        self.body = self.rfile.read(int(size))
        if not bucket.admits(self.client_address[0]):
            raise RefusedError(429, "too many requests", Retry_After="1")
        if self.command == "TRACE" and PLACE.weak("trace-method"):
            return 200, "message/http", "\r\n".join([self.requestline, *(f"{name}: {value}" for name, value in self.headers.items())]).encode("utf-8", "replace"), {}
        path, _, query = self.path.partition("?")
        self.query = {name: values[-1] for name, values in urllib.parse.parse_qs(query, keep_blank_values=True).items()}
        allowed = set()
        for method, pattern, function in ROUTES:
            if found := pattern.fullmatch(urllib.parse.unquote(path)):
                if method == ("GET" if self.command == "HEAD" else self.command):
                    return function(self, *found.groups())
                allowed.add(method)
        raise RefusedError(405, "this is not done here", Allow=", ".join(sorted(allowed))) if allowed else RefusedError(404, "not found")

    def serve(self):
        try:
            status, media, body, headers = self.answered()
        except RefusedError as error:
            status, media, body, headers = xml(E.error(error.text), error.status, **error.headers)
        except Exception:
            status, media, body, headers = xml(E.error("something went wrong"), 500)
        headers = common.SECURITY_HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = serve  # noqa: N815 - as http.server has it

    def version_string(self):
        return "registry"

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    prepare()
    time.strptime("2031", "%Y")
    etree.fromstring("<a/>").xpath("//a[.=$x]", x="x")
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer.handle_error = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    common.confine(PLACE.folder)
    common.announce(server.server_port, PLACE)
    server.serve_forever()
