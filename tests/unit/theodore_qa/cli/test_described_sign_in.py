"""A first project says how identities sign in, and where the API is, as far as its document shows it."""

import json

import pytest
from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from theodore_qa import openapi
from theodore_qa.cli import described_sign_in, first_project


def document(operations, **beside):
    raw = {"openapi": "3.0.3", "info": {"title": "Books", "version": "1"}, "paths": {}, **beside}
    for label, (fields, answer, media) in operations.items():
        method, path = label.split()
        body = {"content": {media: {"schema": {"type": "object", "properties": {key: {"type": "string"} for key in fields}}}}}
        content = {"application/json": {"schema": {"type": "object", "properties": answer}}}
        responses = {"200": {"description": "ok", "content": content}}
        raw["paths"].setdefault(path, {})[method.lower()] = {"requestBody": body, "responses": responses}
    return raw


TEXT = {"type": "string"}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (
            {
                "POST /users/register": (["username", "password", "email"], {"token": TEXT}, JSON),
                "POST /users/login": (["username", "password"], {"status": TEXT, "auth_token": TEXT}, JSON),
            },
            {"operation": "POST /users/login", "username": "username", "password": "password", "token": "auth_token"},
        ),
        (
            {"POST /token": (["email", "password"], {"token_type": TEXT, "access_token": TEXT}, FORM)},
            {
                "operation": "POST /token",
                "media": FORM,
                "username": "email",
                "password": "password",
                "token": "access_token",
            },
        ),
        (
            {"POST /session": (["user", "password"], {"data": {"type": "object", "properties": {"jwt": TEXT}}}, JSON)},
            {"operation": "POST /session", "username": "user", "password": "password", "token": "data.jwt"},
        ),
        (
            {"POST /login": (["username", "password"], {"user": TEXT}, JSON)},
            {"operation": "POST /login", "username": "username", "password": "password"},
        ),
        ({"POST /reset-token": (["username", "password"], {"token": TEXT}, JSON)}, {}),
        ({"POST /books": (["username", "password"], {"token": TEXT}, JSON)}, {}),
        ({}, {}),
    ],
)
def test_a_sign_in_is_read_out_of_a_document(operations, expected):
    assert described_sign_in.found(openapi.parse(json.dumps(document(operations)), "books.json")) == expected


@pytest.mark.parametrize(
    ("server", "local"), [("http://localhost:1/v1", True), ("http://0.0.0.0:80/v1", True), ("https://books.example/v1", False)]
)
def test_a_server_on_loopback_means_where_the_document_is_served(tmp_path, server, local):
    operations = {"POST /login": (["username", "password"], {"token": TEXT}, JSON)}
    text = document(operations, servers=[{"url": server}])
    with serving(Starlette(routes=[Route("/openapi.json", lambda _: JSONResponse(text))])) as url:
        start = first_project.with_document(f"{url}/openapi.json", "", tmp_path)
        written = first_project.environment(start)
    assert start.url == (url if local else "https://books.example")
    assert start.served is local
    assert (f"# The document names the server {server}: set 'url' to it if the API is there." in written) is local
    assert "# sign_in: {operation: POST /login, username: username, password: password, token: token}" in written
