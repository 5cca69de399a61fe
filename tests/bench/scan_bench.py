"""How long a scan of an API with 50 operations takes, and how many requests it sends."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "security"))

import services

from SecurityLibrary import operations, probes
from SecurityLibrary.exchange import Client
from SecurityLibrary.scan import Scan
from SecurityLibrary.target import Api

OPERATIONS = 50
LONGEST = 120


def service():
    async def listing(request):
        return services.JSONResponse(
            {"items": [], "query": request.query_params.get("q", "")}, headers={"x-content-type-options": "nosniff"}
        )

    return services.app(*(("GET", f"/things{number}", listing) for number in range(OPERATIONS)))


def main():
    with services.serving(service()) as url:
        api = Api("fifty", url, [operations.from_table(f"GET /things{number}?q=pen") for number in range(OPERATIONS)])
        client = Client(url, ("127.0.0.1",), rate=2000)
        scan = Scan(api, client, allow_changes=True)
        began = time.monotonic()
        scan.run(probes.chosen([]))
        took = time.monotonic() - began
        client.close()
    print(
        f"scan of {OPERATIONS} operations: {took:.1f} s (limit {LONGEST} s), {client.sent} requests, {client.sent / took:.0f}/s"
    )
    print(f"findings on a healthy service above info: {sum(one.severity > 0 for one in scan.findings)}")
    return 0 if took <= LONGEST else 1


if __name__ == "__main__":
    sys.exit(main())
