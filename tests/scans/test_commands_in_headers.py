"""Headers that every browser sends, and that a system hands on to a command."""

import re

import pytest
import services


@pytest.mark.parametrize(
    ("header", "found"), [("user-agent", "header User-Agent"), ("x-forwarded-for", "header X-Forwarded-For"), ("", "")]
)
def test_a_header_is_no_part_of_a_command(header, found):
    def seen(request):
        text = request.headers.get(header, "")
        visitor = re.sub(r"; echo qa\$\(\((\d+)\*(\d+)\)\)", lambda sum_: f"\nqa{int(sum_[1]) * int(sum_[2])}", text)
        return services.JSONResponse({"visitor": visitor if header else request.headers.get("user-agent", "")})

    with services.serving(services.app(("GET", "/seen", seen))) as url:
        scan = services.scanned(services.target(url, ["GET /seen"]), "command-injection", seed=3)
    assert [finding.location for finding in scan.findings] == ([f"GET /seen {found}"] if found else [])
    assert scan.coverage["command-injection"].tried == {"GET /seen header User-Agent", "GET /seen header X-Forwarded-For"}
