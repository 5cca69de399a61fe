"""`theodore plugin configure`: settings of plugins in the configuration of an API, beside those of others."""

import json

import pytest
from fastapi import FastAPI, HTTPException
from serving import serving

from theodore_sandbox.cli.__main__ import main


@pytest.fixture
def plugins(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in {"HOME": str(tmp_path), "THEODORE_USERNAME": "ann", "THEODORE_PASSWORD": "right"}.items():
        monkeypatch.setenv(name, value)
    for name in ("THEODORE_API_KEY", "THEODORE_SANDBOX_DEFECTS"):
        monkeypatch.delenv(name, raising=False)
    app = FastAPI()
    app.state.flags = {"dark": True}

    @app.post("/api/v2/auth/login")
    def login(body: dict):
        return {"access_token": body["username"]}

    @app.get("/api/v2/plugins/{name}/status")
    def status(name: str):
        if name == "absent":
            raise HTTPException(404, f"Plugin {name} not found")
        return {"plugin_name": name, "status": "enabled"}

    @app.get("/api/v2/config")
    def configuration():
        return {"api": {"features": app.state.flags}}

    @app.post("/api/v2/config")
    def configure(body: dict):
        app.state.flags = body["feature_flags"]
        return {"message": "Configuration updated", "results": {}, "timestamp": "2026-01-02T03:04:05Z"}

    with serving(app) as url:
        monkeypatch.setenv("THEODORE_API_URL", url)
        yield app


def test_a_plugin_is_configured_beside_others(plugins, capsys):
    assert main(["plugin", "configure", "guard", "budget=5", "strict=true"]) == 0
    assert main(["plugin", "configure", "excel", "sheet=Companies"]) == 0
    assert main(["plugin", "configure", "guard", "budget=7", "--unset", "strict", "--output", "json"]) == 0
    assert plugins.state.flags == {"dark": True, "plugins": {"guard": {"budget": 7}, "excel": {"sheet": "Companies"}}}


def test_the_settings_of_a_plugin_are_shown(plugins, capsys):
    plugins.state.flags = {"plugins": {"guard": {"budget": 5}}}
    assert main(["plugin", "configure", "guard", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"budget": 5}
    assert plugins.state.flags == {"plugins": {"guard": {"budget": 5}}}


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["absent", "a=1"], 1, "/plugins/absent/status (404)"),
        (["guard", "budget"], 2, "'budget' is not of the form key=value."),
        (["guard", "--unset", "a"], 1, "The plugin guard has no setting 'a': it has none."),
    ],
)
def test_what_a_plugin_cannot_be_configured_by(plugins, capsys, arguments, code, sentence):
    assert main(["plugin", "configure", *arguments]) == code
    assert sentence in capsys.readouterr().err
    assert plugins.state.flags == {"dark": True}
