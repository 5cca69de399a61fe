"""From nothing to tests of an API in three commands, with an OpenAPI document and without one; nothing passes that was not observed."""

import json

import pytest
from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

PETS = {
    "openapi": "3.0.3",
    "info": {"title": "Swagger Petstore", "version": "1"},
    "servers": [{"url": "/v1"}],
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "user": {"type": "http", "scheme": "basic"}}},
    "paths": {
        "/pets": {
            "get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "array"}}}}}},
            "post": {"responses": {"201": {"description": "made"}}},
        },
        "/pets/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "ok"}},
            }
        },
    },
}  # fmt: skip
KEY = "key-of-the-petstore"


def petstore(*, wrong=False):
    def pets(request):
        if request.headers.get("x-key") != KEY:
            return JSONResponse({"error": "who?"}, 401)
        return JSONResponse({} if wrong else [], headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/openapi.json", lambda _: JSONResponse(PETS)),
            Route("/v1/pets", pets, methods=["GET", "POST"]),
            Route("/v1/pets/{id}", pets),
        ]
    )


def test_a_project_in_the_folder_where_one_is(theodore, tmp_path):
    (tmp_path / "empty").mkdir()
    made = theodore("init", ".", cwd=tmp_path / "empty")
    assert made.stdout == "Made a project here. Next: theodore test e2e\n", made.stderr


@pytest.mark.parametrize("served", [True, False])
def test_a_document_becomes_suites_that_run_at_once(theodore, tmp_path, served):
    (tmp_path / "pets.json").write_text(json.dumps(PETS))
    with serving(petstore()) as url:
        source = [f"{url}/openapi.json"] if served else ["pets.json", "--url", url]
        made = theodore("init", "mine", "--openapi", *source)
        assert made.stdout == "Made mine. Next: cd mine && theodore test api --environment swagger-petstore\n", made.stderr
        folder = tmp_path / "mine"
        unset = theodore("test", "api", "--environment", "swagger-petstore", cwd=folder)
        assert unset.returncode == 3
        assert (
            "NOT SET: SWAGGER_PETSTORE_KEY_KEY: what needs the identity 'key' of swagger-petstore is NOT EVALUATED."
            in unset.stdout
        )
        assert "1 PASS, 0 FAIL, 2 NOT EVALUATED" in unset.stdout, unset.stdout
        env = {"SWAGGER_PETSTORE_KEY_KEY": KEY}
        done = theodore("test", "api", "--environment", "swagger-petstore", cwd=folder, env=env)
        assert done.returncode == 0, done.stdout
        assert "3 PASS, 0 FAIL, 0 NOT EVALUATED" in done.stdout
        scanned = theodore(
            "test", "security", "--environment", "swagger-petstore", "--attack", "security-headers", cwd=folder, env=env
        )
        if served:  # what it proves itself by is the document that it serves
            assert scanned.returncode in (0, 1), scanned.stdout + scanned.stderr
            assert "0 NOT EVALUATED" in scanned.stdout
        else:
            assert scanned.returncode == 3
            assert "does not say how the system swagger-petstore proves to be the one that is meant" in scanned.stdout
    with serving(petstore(wrong=True)) as other:
        environment = folder / "variables" / "swagger-petstore.yaml"
        environment.write_text(environment.read_text().replace(url, other))
        red = theodore("test", "api", "--environment", "swagger-petstore", cwd=folder, env=env)
    assert red.returncode == 1
    assert "GET /v1/pets: {} is not of type 'array'" in red.stdout or "is not of type 'array'" in red.stdout, red.stdout
    gone = theodore("test", "api", "--environment", "swagger-petstore", cwd=folder, env=env)
    assert gone.returncode == 3
    assert "was not answered there (connection refused)" in gone.stderr


def test_an_api_of_ten_lines_without_a_document(theodore, tmp_path):
    app = Starlette(routes=[Route("/orders", lambda _: JSONResponse([{"id": 1, "status": "open"}]))])
    with serving(app) as url:
        assert theodore("init", "mine", "--url", url).returncode == 0
        folder = tmp_path / "mine"
        done = theodore("test", "api", "--environment", "api", cwd=folder)
        assert (done.returncode, "1 PASS" in done.stdout) == (0, True), done.stdout
        suite = folder / "suites" / "api" / "api.robot"
        suite.write_text(suite.read_text() + "\nOrder Is Open\n    Get Response Field    GET /orders    0.status    ==    open\n")
        done = theodore("test", "api", "--environment", "api", cwd=folder)
        assert "2 PASS, 0 FAIL" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--openapi", "none.yaml"), "The OpenAPI document none.yaml is not there: it is looked for at"),
        (("--openapi", "http://127.0.0.1:9/openapi.json"), "Expected an OpenAPI document at http://127.0.0.1:9/openapi.json, observed connection refused."),
        (("--openapi", "empty.yaml"), "empty.yaml is empty"),
        (("--openapi", "other.yaml"), "other.yaml is no OpenAPI document: expected an object with 'openapi' or 'swagger'"),
        (("--openapi", "placeless.yaml"), "The document placeless.yaml does not say where the API is: add --url, such as --url http://127.0.0.1:8080."),
        (("--url", "127.0.0.1:80"), "'127.0.0.1:80' is no address: write it as http://127.0.0.1:8080, without credentials."),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_said_and_nothing_is_written(theodore, tmp_path, arguments, sentence):
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "other.yaml").write_text("a: 1\n")
    (tmp_path / "placeless.yaml").write_text("openapi: 3.1.0\npaths: {}\n")
    done = theodore("init", "mine", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not (tmp_path / "mine").exists()


def test_check_says_what_can_be_tested_and_what_does_not_answer(theodore, tmp_path):
    with serving(petstore()) as url:
        theodore("init", "mine", "--openapi", f"{url}/openapi.json")
        folder = tmp_path / "mine"
        plain = theodore("check", "swagger-petstore", cwd=folder)
        assert plain.returncode == 0, plain.stderr
        assert (
            "◐ requests as somebody                     set SWAGGER_PETSTORE_KEY_KEY, SWAGGER_PETSTORE_USER_PASSWORD"
            in plain.stdout
        )
        assert "✘ faults                                   grant 'allow: {chaos: true}'" in plain.stdout
        env = {"SWAGGER_PETSTORE_KEY_KEY": KEY, "SWAGGER_PETSTORE_USER_PASSWORD": "pass-word-1"}
        connected = theodore("check", "swagger-petstore", "--connect", cwd=folder, env=env)
        assert connected.returncode == 3, connected.stdout
        assert "✔ contract: 3 operations" in connected.stdout
        assert "✔ proof: 'Swagger Petstore'" in connected.stdout
        assert "✔ identity key: GET /pets answered 200, and 401 to nobody; known by X-Key" in connected.stdout
        refused = (
            "✘ identity user: GET /pets answered 401, as to nobody; known by Authorization: check SWAGGER_PETSTORE_USER_PASSWORD"
        )
        assert refused in connected.stdout
        assert KEY not in connected.stdout
    gone = theodore("check", "swagger-petstore", "--connect", cwd=folder, env=env)
    assert gone.returncode == 3
    assert "connection refused" in gone.stdout
    environment = folder / "variables" / "swagger-petstore.yaml"
    environment.write_text(
        environment.read_text().replace("    contract: /openapi.json\n", "    contract: pets.json\n    public: [GET /pest]\n")
    )
    (environment.parent / "pets.json").write_text(json.dumps(PETS))
    wrong = theodore("check", "swagger-petstore", cwd=folder, env=env)
    assert wrong.returncode == 2
    assert (
        "There is no operation 'GET /pest' in the contract of swagger-petstore, named by 'public': did you mean 'GET /pets'?"
        in wrong.stderr
    )
