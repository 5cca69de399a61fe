"""Readers and books of a book club: Flask, tokens that are JWT, SQLite, an OpenAPI document that lacks the older routes."""

import hashlib
import re
import sqlite3
import sys
import threading
import time
import uuid
from pathlib import Path

import jwt
from flask import Flask, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server, WSGIRequestHandler

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "login-sql", "user-sql", "debug-users", "book-secret", "password-any", "admin-register", "email-pattern", "login-texts", "login-unlimited",
    "signing-word", "delete-anyone", "old-members",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
SECRET = "secret" if PLACE.weak("signing-word") else uuid.uuid4().hex + uuid.uuid4().hex
EMAIL = r"^([a-zA-Z0-9]+\.?)+@([a-zA-Z0-9]+\.)+[a-z]{2,}$" if PLACE.weak("email-pattern") else r"^[^@\s]{1,60}@[a-zA-Z0-9-]{1,40}(\.[a-zA-Z0-9-]{1,40}){1,4}$"
app = Flask("bookclub", static_folder=None)
app.config["MAX_CONTENT_LENGTH"] = common.BODY_LIMIT
database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
lock = threading.RLock()
attempts, bucket, ended = common.Attempts(), common.Bucket(200, 120), set()


def prepare():
    database.executescript(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT UNIQUE, email TEXT, admin INTEGER, digest TEXT);"
        "CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT UNIQUE, owner TEXT, secret TEXT)"
    )
    for name, entry in common.ACCOUNTS.items():
        enroll(name, entry["email"], entry["password"], entry["role"] == "admin")
        run("INSERT INTO books (title, owner, secret) VALUES (?, ?, ?)", f"Diary of {name}", name, f"{name} hides the key below stone {len(name) * 7}")


def run(statement, *values):
    with lock:
        return database.execute(statement, values)


def first(statement, *values):
    with lock:
        return database.execute(statement, values).fetchone()


def every(statement, *values):
    with lock:
        return database.execute(statement, values).fetchall()


def digest(username, password):
    return common.hashed(password, hashlib.sha256(username.lower().encode("utf-8", "replace")).digest()[:12])


def enroll(username, email, password, admin):
    run("INSERT INTO users (username, email, admin, digest) VALUES (?, ?, ?, ?)", username, email, int(admin), digest(username, password))


def failed(status, message, **headers):
    answer = jsonify(status="fail", message=message)
    answer.status_code = status
    answer.headers.extend({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


class RefusedError(Exception):
    def __init__(self, status, message, **headers):
        super().__init__(message)
        self.answer = (status, message, headers)


def fields(**limits):
    """Texts of the body, each within its length."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RefusedError(400, "the body is an object")
    values = []
    for name, longest in limits.items():
        value = body.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
            raise RefusedError(422, f"{name} is not valid")
        values.append(value)
    return values


def reader():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["exp", "sub", "jti"]})
    except (jwt.PyJWTError, ValueError):
        claims = {}
    person = first("SELECT username, email, admin FROM users WHERE username = ?", str(claims.get("sub", ""))) if scheme.lower() == "bearer" else None
    if person is None or claims["jti"] in ended:
        raise RefusedError(401, "Invalid token. Please log in again.", WWW_Authenticate="Bearer")
    g.claims = claims
    return dict(zip(("username", "email", "admin"), person, strict=True))


@app.before_request
def admit():
    if not bucket.admits(request.remote_addr):
        return failed(429, "too many requests", Retry_After="1")
    return None


@app.after_request
def dress(answer):
    for name, value in common.SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


@app.errorhandler(RefusedError)
def refused(error):
    status, message, headers = error.answer
    return failed(status, message, **headers)


@app.errorhandler(HTTPException)
def abandoned(error):
    answer = failed(error.code, error.name.lower())
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


@app.errorhandler(Exception)
def broken(_):
    return failed(500, "something went wrong")


@app.get("/version")
def version():
    return jsonify(name="bookclub", instance=PLACE.instance)


@app.get("/")
def home():
    return jsonify(message="Welcome to the book club", help="the members' API is described in openapi.yaml")


@app.get("/users/v1")
def list_users():
    reader()
    return jsonify(users=[{"username": name} for (name,) in every("SELECT username FROM users ORDER BY id LIMIT 100")])


@app.get("/users/v1/_debug")
def debug_users():
    if not PLACE.weak("debug-users"):
        raise RefusedError(404, "not found")
    return jsonify(users=[dict(zip(("username", "email", "admin", "password"), row, strict=True)) for row in every("SELECT username, email, admin, digest FROM users LIMIT 100")])


@app.post("/users/v1/register")
def register():
    username, email, password = fields(username=40, email=200, password=128)
    if not re.fullmatch(r"[A-Za-z][\w.-]{1,39}", username):
        raise RefusedError(422, "username is not valid")
    check_email(email)
    if why := common.poor(password):
        raise RefusedError(422, why)
    if first("SELECT 1 FROM users WHERE username = ?", username):
        raise RefusedError(409, "User already exists. Please log in.")
    if first("SELECT count(*) FROM users")[0] > 2000:
        raise RefusedError(503, "there are too many readers", Retry_After="60")
    enroll(username, email, password, PLACE.weak("admin-register") and request.json.get("admin") is True)
    return jsonify(status="success", message="Successfully registered. Login to receive an auth token."), 201


@app.post("/users/v1/login")
def login():
    username, password = fields(username=200, password=200)
    if not PLACE.weak("login-unlimited") and (pause := attempts.pause(username, request.remote_addr)):
        raise RefusedError(429, "too many attempts", Retry_After=str(pause))
    stored = digest(username, password)
    if PLACE.weak("login-sql"):
        found = first(f"SELECT username FROM users WHERE username = '{username}' AND digest = '{stored}'")
    else:
        found = first("SELECT username FROM users WHERE username = ? AND digest = ?", username, stored)
    if found is None:
        attempts.note(username, request.remote_addr)
        if PLACE.weak("login-texts"):
            known = first("SELECT 1 FROM users WHERE username = ?", username)
            raise RefusedError(401, "Password is not correct for the given username." if known else "Username does not exist")
        raise RefusedError(401, "Username or password is not correct.")
    attempts.forget(username)
    now = int(time.time())
    token = jwt.encode({"sub": found[0], "iat": now, "exp": now + 900, "jti": uuid.uuid4().hex}, SECRET, "HS256")
    return jsonify(status="success", message="Successfully logged in.", auth_token=token)


@app.post("/users/v1/logout")
def logout():
    reader()
    ended.add(g.claims["jti"])
    return "", 204


@app.get("/me")
def me():
    person = reader()
    return jsonify(username=person["username"], email=person["email"], admin=bool(person["admin"]))


@app.get("/users/v1/<username>")
def show_user(username):
    """A reader; the address is for the reader alone, and for the office."""
    person = reader()
    if PLACE.weak("user-sql"):
        row = first(f"SELECT username, email FROM users WHERE username = '{username}'")
    else:
        row = first("SELECT username, email FROM users WHERE username = ?", username)
    if row is None:
        raise RefusedError(404, "User not found")
    return jsonify(username=row[0], email=row[1]) if row[0] == person["username"] or person["admin"] else jsonify(username=row[0])


def account(username, weakness, *, office=False):
    """The account that a path names, for its owner, or for the office."""
    person = reader()
    allowed = (person["username"] == username and not office) or person["admin"]
    row = first("SELECT username FROM users WHERE username = ?", username)
    if not allowed and not PLACE.weak(weakness):
        raise RefusedError(403, "this account is not yours")
    if row is None:
        raise RefusedError(404, "User not found")
    return row[0]


def check_email(text):
    if len(text) > 200 or not re.match(EMAIL, text):
        raise RefusedError(422, "Please provide a valid email address.")


@app.put("/users/v1/<username>/email")
def change_email(username):
    name, (email,) = account(username, ""), fields(email=200)
    check_email(email)
    run("UPDATE users SET email = ? WHERE username = ?", email, name)
    return "", 204


@app.put("/users/v1/<username>/password")
def change_password(username):
    person = reader()
    name = account(username, "password-any")
    (password,) = fields(password=128)
    if person["username"] == name or not PLACE.weak("password-any"):
        (current,) = fields(current=200)
        if digest(person["username"], current) != first("SELECT digest FROM users WHERE username = ?", person["username"])[0]:
            raise RefusedError(403, "the current password is wrong")
    if why := common.poor(password):
        raise RefusedError(422, why)
    run("UPDATE users SET digest = ? WHERE username = ?", digest(name, password), name)
    ended.add(g.claims["jti"])
    return "", 204


@app.delete("/users/v1/<username>")
def delete_user(username):
    """Remove a reader. This is for the office."""
    name = account(username, "delete-anyone", office=True)
    run("DELETE FROM users WHERE username = ?", name)
    return jsonify(status="success", message="User deleted.")


@app.get("/books/v1")
def list_books():
    return jsonify(Books=[{"book_title": title, "user": owner} for title, owner in every("SELECT title, owner FROM books ORDER BY id DESC LIMIT 100")])


@app.post("/books/v1")
def add_book():
    person = reader()
    title, secret = fields(book_title=80, secret=300)
    if first("SELECT 1 FROM books WHERE title = ?", title):
        raise RefusedError(409, "Book already exists!")
    if first("SELECT count(*) FROM books")[0] > 3000:
        raise RefusedError(503, "there are too many books", Retry_After="60")
    run("INSERT INTO books (title, owner, secret) VALUES (?, ?, ?)", title, person["username"], secret)
    return jsonify(book_title=title, secret=secret, owner=person["username"]), 201


@app.get("/books/v1/<book_title>")
def show_book(book_title):
    """A book, and its secret to its owner."""
    person = reader()
    row = first("SELECT title, secret, owner FROM books WHERE title = ?", book_title)
    if row is None or (row[2] != person["username"] and not PLACE.weak("book-secret")):
        raise RefusedError(404, "Book not found!")
    return jsonify(book_title=row[0], secret=row[1], owner=row[2])


@app.get("/users")
@app.get("/users/v0")
def old_members():
    if not PLACE.weak("old-members"):
        raise RefusedError(404, "not found")
    return jsonify([{"username": name, "email": email} for name, email in every("SELECT username, email FROM users LIMIT 100")])


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass

    def version_string(self):
        return "bookclub"


if __name__ == "__main__":
    prepare()
    client = app.test_client()
    for method, path, body in (("GET", "/nowhere", None), ("GET", "/me", None), ("POST", "/users/v1/login", {"username": "x", "password": "y"}), ("PUT", "/", {})):
        client.open(path, method=method, json=body, headers={"Authorization": "Bearer a.b.c"})
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    common.confine(PLACE.folder)
    common.announce(server.server_port, PLACE)
    server.serve_forever()
