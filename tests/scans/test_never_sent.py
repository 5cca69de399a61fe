"""What no part of a scan sends, however it is spelt and whoever sends it."""

import ast
from pathlib import Path

import pytest
import services

import SecurityLibrary
from SecurityLibrary import probes
from SecurityLibrary.description.operations import from_table
from SecurityLibrary.scan import Scan
from SecurityLibrary.sending.never_sent import NeverSent, NeverSentError

LIBRARY = Path(SecurityLibrary.__file__).parent
ROWS = ["GET /reset", "GET /items", "POST /items", "GET /items/{item_id}", "GET /items/mine", "DELETE /items/{item_id}"]
# the ways out, all of which end at one client
SENDING = ("sending/sender.py", "sending/pacing.py", "identities/sessions.py", "canaries/canary_secrets.py")
OWN_CLIENTS = (
    "sending/pacing.py",
    "sending/request_building.py",
    "canaries/callback_server.py",
    "external_tools/tls_server.py",
    "external_tools/external_scanners.py",
    "external_tools/advisories.py",
)


def never(*skip):
    return NeverSent([from_table(row) for row in ROWS], dict.fromkeys(skip, "it empties the store"))


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/reset", {}),
        ("HEAD", "/reset", {}),
        ("GET", "/reset/", {}),
        ("GET", "/reset?x=1", {}),
        ("GET", "//reset", {}),
        ("GET", "/items/../reset", {}),
        ("GET", "/items/..%2freset", {}),
        ("GET", "/items/..%252freset", {}),
        ("GET", "/%72eset", {}),
        ("POST", "/reset", {"X-HTTP-Method-Override": "GET"}),
    ],
)
def test_a_skipped_operation_is_refused_however_it_is_spelt(method, path, headers):
    with pytest.raises(NeverSentError, match="GET /reset is skipped: it empties the store"):
        never("GET /reset").refuse(method, path, headers, b"")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/reset"), ("GET", "/resets"), ("GET", "/items/reset"), ("OPTIONS", "/reset")]
)
def test_others_are_sent(method, path):
    never("GET /reset").refuse(method, path, {}, b"")


def test_the_most_specific_operation_counts():
    never("GET /items/{item_id}").refuse("GET", "/items/mine", {}, b"")
    never("GET /items/mine").refuse("GET", "/items/7", {}, b"")
    with pytest.raises(NeverSentError):
        never("GET /items/mine").refuse("GET", "/items/mine", {}, b"")


def test_one_query_of_many_on_one_path_is_known_by_its_text():
    rows = [{"operation": f"POST /graphql#{name}", "body": {"query": query}} for name, query in
            (("all", "{ items { id } }"), ("wipe", "mutation { wipe }"))]  # fmt: skip
    rules = NeverSent([from_table(row) for row in rows], {"POST /graphql#wipe": "it empties the store"})
    rules.refuse("POST", "/graphql", {}, b'{"query": "{ items { id } }"}')
    with pytest.raises(NeverSentError):
        rules.refuse("POST", "/graphql", {}, b'[{"query": "mutation  { wipe }"}]')


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "..%2f..%2fetc%2fgroup", "file:///etc/hosts", "\\/etc\\/passwd", "C:\\\\windows\\\\win.ini"]
)
def test_existing_files_are_named_to_what_reads_alone(name):
    body = f'{{"name": "{name}"}}'.encode()
    with pytest.raises(NeverSentError, match="which exists, is never named to it"):
        never().refuse("POST", "/items", {}, body)
    with pytest.raises(NeverSentError):
        never().refuse("GET", "/items", {"X-HTTP-Method-Override": "PUT"}, body)
    never().refuse("GET", f"/items/{name.replace(' ', '')}", {}, b"")


def test_all_clients_of_a_target_refuse():
    shop = services.target("http://127.0.0.1:9", ROWS, skip={"GET /reset": "it empties the store"})
    with pytest.raises(NeverSentError):
        shop.client().send("GET", "/reset")


@pytest.mark.parametrize("file", sorted(path.relative_to(LIBRARY).as_posix() for path in LIBRARY.rglob("*.py")))
def test_nothing_goes_round_the_sender(file):
    """Neither by the client of the scan nor by one of its own."""
    tree = ast.parse((LIBRARY / file).read_text(encoding="utf-8"))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if file not in SENDING:
        assert [call for call in calls if call.endswith(("client.send", "client.client.send"))] == []
        assert [
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("sender.client")
        ] == []
    if file not in OWN_CLIENTS:
        imported = [
            name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in (each.name for each in node.names)
        ]
        assert not {"httpx", "socket", "requests", "urllib.request", "http.client"} & set(imported)


def skipping():
    """A shop of which six operations are skipped; they are counted all the same."""
    sent = []
    tokens = {}

    async def login(request):
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            body = None
        body = body if isinstance(body, dict) and isinstance(body.get("username"), str) else {}
        tokens[token := f"token-{len(tokens)}-{body.get('username')}"] = body.get("username")
        right = body.get("password") == "Correct-Horse-1"
        return services.JSONResponse({"access_token": token} if right else {"error": "refused"}, 200 if right else 401)

    def counted(status=200):
        def handle(request):
            sent.append(f"{request.method} {request.url.path}")
            return services.JSONResponse({"id": 1}, status)

        return handle

    async def items(request):
        known = tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return services.JSONResponse([{"id": 1, "title": "pen", "owner": known}], 200 if known else 401)

    skipped = [("GET", "/reset"), ("POST", "/logout"), ("POST", "/refresh"), ("POST", "/password"), ("DELETE", "/items/{item_id}"),
               ("GET", "/admin/wipe"), ("PUT", "/me")]  # fmt: skip
    routes = [(method, path, counted()) for method, path in skipped]
    app = services.app(("POST", "/login", login), ("GET", "/items", items), ("POST", "/items", items),
                       ("GET", "/items/{item_id}", items), ("GET", "/me", items), *routes)  # fmt: skip
    rows = [
        {"operation": "POST /login", "body": {"username": "a", "password": "b"}, "public": True},
        "GET /items", {"operation": "POST /items", "body": {"title": "pen"}}, "GET /items/{item_id}", "GET /me",
        "GET /reset", "POST /logout", {"operation": "POST /refresh", "body": {"refresh_token": "x"}},
        {"operation": "POST /password", "body": {"current_password": "x", "new_password": "y"}},
        "DELETE /items/{item_id}", {"operation": "GET /admin/wipe", "admin": True},
        {"operation": "PUT /me", "body": {"email": "a@b.test", "password": "x"}},
    ]  # fmt: skip
    return app, rows, {f"{method} {path}": "it does harm" for method, path in skipped}, sent


def test_no_probe_sends_what_the_description_skips(monkeypatch):
    application, rows, skip, sent = skipping()
    names = {"ann": {}, "ben": {}, "boss": {"role": "admin"}}
    monkeypatch.setenv("PASSWORD", "Correct-Horse-1")
    identities = {name: {"username": name, "password_env": "PASSWORD"} | more for name, more in names.items()}
    sign_in = {
        "operation": "POST /login",
        "username": "username",
        "password": "password",
        "token": "access_token",
        "refresh": "refresh",
    }
    with services.serving(application) as url:
        shop = services.target(url, rows, identities, sign_in, sign_out="POST /logout", skip=skip)
        scan = services.scanned(shop, allow_changes=True, seed=2)
    assert sent == []
    assert not scan.stopped
    assert set(scan.coverage) == set(probes.REGISTRY)
    assert not [counted.failed for counted in scan.coverage.values() if counted.failed]


def test_a_scan_sends_no_skipped_operation_by_its_own_parts():
    application, rows, skip, sent = skipping()
    with services.serving(application) as url:
        shop = services.target(url, rows, skip=skip)
        scan = Scan(shop, shop.client(), allow_changes=True)
        for label in skip:
            with pytest.raises(NeverSentError):
                scan.sender.send(shop.operation(label), None)
            method, path = label.split(" ")
            with pytest.raises(NeverSentError):
                scan.sender.request(method, path.replace("{item_id}", "1"))
        scan.close()
    assert sent == []
