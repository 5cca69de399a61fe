"""Compressed bodies that are large once they are unpacked."""

import gzip
import json
import zlib

import pytest
import services


def taking(kind):
    async def take(request):  # noqa: PLR0911  # an answer for each kind
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip" and kind != "ignores":
            if kind == "refuses":
                return services.JSONResponse({"error": "not encoded"}, 415)
            try:
                body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error):
                return services.JSONResponse({"error": "not valid"}, 400)
            if kind == "bounded" and len(body) > 100_000:
                return services.JSONResponse({"error": "too large"}, 413)
        elif kind == "ignores" and body[:1] == b"\x1f":
            return services.JSONResponse({"kept": len(body)}, 201)
        if len(body) > 100_000 and request.headers.get("content-encoding") != "gzip":
            return services.JSONResponse({"error": "too large"}, 413)
        try:
            return services.JSONResponse({"kept": json.loads(body)["text"]}, 201)
        except (ValueError, KeyError, TypeError, RecursionError):
            return services.JSONResponse({"error": "not valid"}, 422)

    return services.app(("POST", "/notes", take))


@pytest.mark.parametrize(
    ("kind", "observed"),
    [
        ("open", ["a compressed body of 19 KB is unpacked to 20 MB, and a damaged body is refused"]),
        ("bounded", []),
        ("ignores", []),
        ("refuses", []),
    ],
)
def test_a_compressed_body_is_limited_by_what_it_holds(kind, observed):
    with services.serving(taking(kind)) as url:
        row = {"operation": "POST /notes", "body": {"text": "hello"}, "public": True}
        scan = services.scanned(services.target(url, [row]), "size-limit", allow_changes=True)
    found = [each for each in scan.findings if "compressed" in each.observed]
    assert [each.observed for each in found] == observed, scan.coverage["size-limit"]
    assert [each.location for each in found] == ["POST /notes"] * len(observed)
    assert ("POST /notes (compressed)" in scan.coverage["size-limit"].tried) == (kind != "refuses")
