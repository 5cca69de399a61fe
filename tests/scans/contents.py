"""Small services, vulnerable and fixed, that keep files, or rebuild what they are sent into objects."""

import base64
import csv
import io
import json
import mimetypes
import pickle

import yaml
from desk import parts_of
from services import app
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def rebuilt(kind):
    """Cursors, settings and states that are rebuilt into objects."""

    def links(build):
        try:
            return JSONResponse({"read": str(build())[:20]})
        except Exception:  # whatever it is that cannot be rebuilt
            return JSONResponse({"error": "not valid"}, 400)

    def settings(text):
        return links(lambda: yaml.load(text, yaml.UnsafeLoader if kind == "bad" else yaml.SafeLoader))

    def state(content):
        return links(lambda: pickle.loads(content) if kind == "bad" and content[:1] != b"{" else json.loads(content))

    def page(request: Request):
        return state(base64.b64decode(request.query_params.get("cursor", "")))

    def of_body(work):
        async def answer(request: Request):
            return await run_in_threadpool(work, await request.body())

        return answer

    return app(("GET", "/items", page), ("PUT", "/settings", of_body(settings)), ("PUT", "/state", of_body(state)))


def tables(kind):
    """Rows that are handed in as a table, in a body or as a file, and handed out as one."""
    kept = []

    async def take(request: Request):
        media, content = request.headers.get("content-type", ""), await request.body()
        text = (
            parts_of(media, content)["file"].get_payload() if media.startswith("multipart") else content.decode(errors="replace")
        )
        try:
            rows = [(row["name"], float(row["weight"])) for row in csv.DictReader(io.StringIO(text))]
        except (csv.Error, KeyError, ValueError, TypeError):
            return JSONResponse({"error": "not valid"}, 422)
        kept.extend(rows)
        return JSONResponse({"imported": len(rows)}, 201)

    def give(_):
        out = io.StringIO()
        safe = [(f"'{name}" if kind == "good" and name[:1] in "=+-@" else name, weight) for name, weight in kept]
        csv.writer(out).writerows([("name", "weight"), *safe])
        return Response(out.getvalue(), media_type="text/csv")

    return app(("POST", "/import", take), ("GET", "/export", give))


def uploads(kind):
    """Files that are handed out again: by type, by name, or as attachments."""
    kept = {}

    async def take(request: Request):
        file = parts_of(request.headers.get("content-type", ""), await request.body())["file"]
        number, media = len(kept) + 1, file.get_content_type()
        if kind == "by-name" and media != "image/png":
            return JSONResponse({"error": "only pictures"}, 415)
        named = mimetypes.types_map["." + file.get_filename().rpartition(".")[2]]
        kept[number] = (file.get_payload(decode=True), named if kind == "by-name" else media)
        links = {"addressed": {"url": f"/raw/{number}"}, "hidden": {}}
        return JSONResponse(links.get(kind, {"id": number}), 201)

    def give(request: Request):
        content, media = kept.get(int(request.path_params["file_id"]), (b"", "text/plain"))
        headers = {"saved": {"content-disposition": "attachment"}, "policy": {"content-security-policy": "default-src 'none'"}}
        return Response(content, media_type=media, headers=headers.get("saved" if kind == "good" else kind, {}))

    return app(("POST", "/files", take), ("GET", "/files/{file_id}", give), ("GET", "/raw/{file_id}", give))
