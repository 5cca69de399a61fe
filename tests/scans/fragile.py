"""A fragile service with files and accounts: it breaks where nobody takes care, and keeps to a folder of its own."""

import itertools
import posixpath
import tempfile
from pathlib import Path

from services import app, JSONResponse, Response

LONGEST = 100_000
LOGIN = {"operation": "POST /login", "username": "username", "password": "password", "token": "access_token"}
ROWS = [
    {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True},
    {"operation": "POST /users", "body": {"username": "somebody", "password": "Long-Enough-1"}, "public": True},
    {"operation": "GET /users", "admin": True},
    "DELETE /users/{username}",
    "GET /me",
    {"operation": "PATCH /me", "body": {"username": "somebody", "phone": "1"}},
    {"operation": "PUT /users/{username}/password", "body": {"password": "Long-Enough-2"}},
    "GET /files",
    {"operation": "POST /files", "body": {"filename": "a.txt", "content": "some text"}},
    "GET /files/{filename}",
    "DELETE /files/{filename}",
    {"operation": "DELETE /dishes/{dish_id}", "admin": True},
    {"operation": "POST /dishes", "body": {"title": "soup"}, "admin": True},
    "GET /dishes",
    "GET /wipe",
]
PEOPLE = {"alice": "Alice-Pass-1", "bob": "Bob-Pass-12", "boss": "Boss-Pass-123"}
IDENTITIES = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PEOPLE}
IDENTITIES["boss"]["role"] = "admin"


class Fragile:
    """Its state, for whoever looks afterwards; ``wrong`` names its weaknesses."""

    def __init__(self, folder, *wrong):
        self.folder, self.wrong = Path(folder) / "uploads", wrong
        self.folder.mkdir()
        (self.folder / "kept.txt").write_text("kept")
        self.accounts = {name: {"username": name, "password": password, "phone": "1", "role": "customer", "admin": name == "boss"}
                         for name, password in PEOPLE.items()}  # fmt: skip
        self.tokens, self.numbers, self.dishes = {}, itertools.count(2), {1: "bread"}
        self.files = {"kept.txt": "bob"}
        self.wiped, self.outside, self.broken = 0, [], 0
        self.application = app(
            ("POST", "/login", self.login), ("POST", "/users", self.register), ("GET", "/users", self.users),
            ("DELETE", "/users/{username}", self.leave), ("GET", "/me", self.me), ("PATCH", "/me", self.change),
            ("PUT", "/users/{username}/password", self.password), ("GET", "/files", self.listing), ("POST", "/files", self.upload),
            ("GET", "/files/{filename}", self.file), ("DELETE", "/files/{filename}", self.remove),
            ("GET", "/dishes", self.menu), ("POST", "/dishes", self.cook), ("DELETE", "/dishes/{dish_id}", self.eat),
            ("GET", "/wipe", self.wipe),
        )  # fmt: skip

    @staticmethod
    async def body(request):
        try:
            content = await request.body()
            body = await request.json() if len(content) < LONGEST else {}
        except (ValueError, RecursionError):
            body = {}
        return body if isinstance(body, dict) else {}

    def account(self, request):
        return self.accounts.get(self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer ")))

    async def login(self, request):
        body = await self.body(request)
        name = body.get("username")
        account = next((each for each in self.accounts.values() if each["username"] == name), None)
        if account is None or account["password"] != body.get("password"):
            return JSONResponse({"error": "refused"}, 401)
        key = next(key for key, each in self.accounts.items() if each is account)
        self.tokens[token := f"Token-{next(self.numbers)}-{id(account)}"] = key
        return JSONResponse({"access_token": token})

    async def register(self, request):
        body = await self.body(request)
        name, password = body.get("username"), body.get("password")
        if not isinstance(name, str) or not name.isalnum() or not isinstance(password, str) or len(password) < 8:
            return JSONResponse({"error": "letters, digits and a long password"}, 422)
        if name in self.accounts:
            return JSONResponse({"error": "taken"}, 409)
        admin = body.get("admin") is True and "registration" in self.wrong
        self.accounts[name] = {"username": name, "password": password, "phone": "", "role": "customer", "admin": admin}
        return JSONResponse({"username": name}, 201)

    def users(self, request):
        account = self.account(request)
        if account is None or not account["admin"]:
            return JSONResponse({"error": "no"}, 403 if account else 401)
        return JSONResponse([{"username": each["username"]} for each in self.accounts.values()])

    def leave(self, request):
        account, name = self.account(request), request.path_params["username"]
        if account is None or (not account["admin"] and account["username"] != name):
            return JSONResponse({"error": "no"}, 401 if account is None else 403)
        return Response(status_code=204 if self.accounts.pop(name, None) else 404)

    def me(self, request):
        account = self.account(request)
        if account is None:
            return JSONResponse({"error": "sign in"}, 401)
        if account["role"] not in ("customer", "chef"):
            self.broken += account["username"] in PEOPLE
            return JSONResponse({"error": "broken"}, 500)
        return JSONResponse({key: value for key, value in account.items() if key != "password"})

    async def change(self, request):
        account, body = self.account(request), await self.body(request)
        if account is None:
            return JSONResponse({"error": "sign in"}, 401)
        known = body if "properties" in self.wrong else {key: body[key] for key in ("username", "phone") if key in body}
        name = known.get("username", account["username"])
        taken = any(each["username"] == name for each in self.accounts.values() if each is not account)
        if not isinstance(name, str) or not name.isalnum() or len(name) > 50 or taken or len(str(known.get("phone"))) > 50:
            return JSONResponse({"error": "not so"}, 422)
        account.update({key: value for key, value in known.items() if key != "password"})
        return self.me(request)

    async def password(self, request):
        account, body = self.account(request), await self.body(request)
        other = self.accounts.get(request.path_params["username"])
        if account is None or other is None:
            return JSONResponse({"error": "sign in"}, 401 if account is None else 404)
        if account is not other and "password" not in self.wrong:
            return JSONResponse({"error": "no"}, 403)
        if not isinstance(body.get("password"), str) or len(body["password"]) < 10:
            return JSONResponse({"error": "too short"}, 422)
        other["password"] = body["password"]
        return JSONResponse({"changed": other["username"]})

    def listing(self, request):
        account = self.account(request)
        if account is None:
            return JSONResponse({"error": "sign in"}, 401)
        return JSONResponse([{"filename": name} for name, owner in self.files.items() if owner == account["username"]])

    async def upload(self, request):
        account, body = self.account(request), await self.body(request)
        name, content = body.get("filename"), body.get("content")
        if account is None:
            return JSONResponse({"error": "sign in"}, 401)
        if not isinstance(name, str) or not isinstance(content, str) or not name or "\x00" in name or len(name) > 200:
            return JSONResponse({"error": "filename and content"}, 422)
        path = posixpath.normpath(f"{self.folder}/{name}" if not name.startswith("/") else name)
        if "traversal" in self.wrong and not path.startswith(f"{self.folder}/"):
            self.outside.append(path)
            self.overwrite(path, content)
            return JSONResponse({"stored": True}, 201)
        if "/" in name or name in (".", "..") or (name in self.files and self.files[name] != account["username"]):
            return JSONResponse({"error": "a plain new name"}, 422)
        (self.folder / name).write_text(content)
        self.files[name] = account["username"]
        return JSONResponse({"filename": name}, 201)

    @staticmethod
    def overwrite(path, content):
        """Write to a canary of the scan's own, and to nothing else on this machine."""
        if path.startswith(f"{tempfile.gettempdir()}/qa-scan-") and Path(path).is_file():
            Path(path).write_text(content)

    def file(self, request):
        account, name = self.account(request), request.path_params["filename"]
        if account is None or self.files.get(name) != account["username"]:
            return JSONResponse({"error": "no such file"}, 401 if account is None else 404)
        return JSONResponse({"filename": name, "content": (self.folder / name).read_text()})

    def remove(self, request):
        answer = self.file(request)
        if answer.status_code == 200:
            self.files.pop(request.path_params["filename"])
            (self.folder / request.path_params["filename"]).unlink()
        return answer

    def menu(self, request):
        dishes = [{"id": number, "title": title} for number, title in self.dishes.items()]
        return JSONResponse(dishes if self.account(request) else {"error": "sign in"}, 200 if self.account(request) else 401)

    async def cook(self, request):
        account, body = self.account(request), await self.body(request)
        if account is None or not account["admin"]:
            return JSONResponse({"error": "no"}, 403 if account else 401)
        if not isinstance(body.get("title"), str) or len(body["title"]) > 50:
            return JSONResponse({"error": "title"}, 422)
        self.dishes[number := next(self.numbers)] = body["title"]
        return JSONResponse({"id": number, "title": body["title"]}, 201)

    def eat(self, request):
        account, number = self.account(request), request.path_params["dish_id"]
        if account is None or (not account["admin"] and "function" not in self.wrong):
            return JSONResponse({"error": "no"}, 403 if account else 401)
        gone = number.isdecimal() and self.dishes.pop(int(number), None)
        return Response(status_code=204 if gone else 404)

    def wipe(self, request):
        self.wiped += 1
        return JSONResponse({"done": True})
