"""Files that lie beside the folder of a download, and one system file alone."""

import json
import re
from pathlib import Path

import pytest
import services
from starlette.responses import FileResponse

from SecurityLibrary.probes.injection import PathTraversal

SETTINGS = "[mail]\nserver = mail.shop.test\n; of the shop\nport = 25\n"


def templates(folder, kind):
    """``kind`` says what a name leads to: bare and wrapped contents of any file, or of the folder's alone."""

    def read(request):
        name = request.query_params.get("file", request.path_params.get("name", ""))
        path = Path(folder) / "templates" / name
        outside = path.resolve().parent != (Path(folder) / "templates").resolve()
        if kind == "searches":  # answers any name, by its words, and repeats it
            words = re.findall(r"[a-z]{3,}", name)
            return services.JSONResponse({"file": name, "name": words[-1:], "note": "key = value" if "settings" in words else ""})
        if (outside and kind == "safe") or not path.is_file() or not path.resolve().is_relative_to(folder):
            return services.JSONResponse({"error": "no such template"}, 404)
        text = path.read_text()
        return services.JSONResponse({"name": name, "content": text}) if kind == "wraps" else services.PlainTextResponse(text)

    (Path(folder) / "templates").mkdir()
    (Path(folder) / "templates" / "order.txt").write_text("total = {total}\n")
    public = [("GET", "/config.json", lambda _: FileResponse(Path(folder) / "config.json"))] if kind == "public" else []
    return services.app(("GET", "/template", read), ("GET", "/templates/{name:path}", read), *public)


def scanned(application, row):
    with services.serving(application) as url:
        return services.scanned(services.target(url, [row], values={"name": "order.txt"}), "path-traversal")


@pytest.mark.parametrize(
    ("kind", "name", "text", "row", "found"),
    [
        ("bare", "settings.ini", SETTINGS, "GET /template?file=order.txt", True),
        ("wraps", ".env", "SHOP_KEY=12345678\n", "GET /template?file=order.txt", True),
        ("bare", "package.json", json.dumps({"name": "shop", "version": "1"}), "GET /template?file=order.txt", True),
        ("bare", "config.json", json.dumps({"port": 25}), "GET /templates/{name}", True),
        ("safe", "settings.ini", SETTINGS, "GET /template?file=order.txt", False),
        ("safe", "config.json", json.dumps({"port": 25}), "GET /templates/{name}", False),
        ("public", "config.json", json.dumps({"port": 25}), "GET /templates/{name}", False),
        ("searches", "settings.ini", SETTINGS, "GET /template?file=order.txt", False),
    ],
)
def test_a_configuration_file_beside_the_folder(tmp_path, kind, name, text, row, found):
    (tmp_path / name).write_text(text)
    scan = scanned(templates(tmp_path, kind), row)
    assert [finding.observed for finding in scan.findings] == ([f"the value leads to ../{name}"] if found else [])
    assert scan.coverage["path-traversal"].tried


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("root:x:0:0:root:/root:/bin/sh\n", ["the value leads to /etc/passwd"]),
        ("the line root:x:0:0: is explained here\n", []),
    ],
)
def test_one_system_file_alone_counts_in_its_form(monkeypatch, text, found):
    monkeypatch.setattr(PathTraversal, "NEARBY", ())

    def read(request):
        up = request.query_params.get("file", "").endswith("../etc/passwd")
        return services.PlainTextResponse(
            text if up else "order", 200 if up or request.query_params.get("file") == "order.txt" else 404
        )

    scan = scanned(services.app(("GET", "/template", read)), "GET /template?file=order.txt")
    assert [finding.observed for finding in scan.findings] == found
