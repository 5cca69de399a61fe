"""AWS Signature Version 4: signing a request, and checking the signature of one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "AWS4-HMAC-SHA256"
REGION, SERVICE = "us-east-1", "bedrock"
_AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)")


def sign(method: str, host: str, path: str, body: bytes, key: str) -> dict[str, str]:
    """The headers that sign a request without a query; ``key`` is ``access key id:secret access key``."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    identifier, _, secret = key.partition(":")
    scope = f"{moment[:8]}/{REGION}/{SERVICE}/aws4_request"
    headers = {"host": host, "x-amz-date": moment}
    signature = _signature(method, path, body, headers, moment, scope, secret)
    credential = f"Credential={identifier}/{scope}, SignedHeaders={';'.join(headers)}, Signature={signature}"
    return {"X-Amz-Date": moment, "Authorization": f"{ALGORITHM} {credential}"}


def is_signed(method: str, path: str, body: bytes, headers: Mapping[str, str], key: str) -> bool:
    """Whether a request was signed with ``key``."""
    given = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    identifier, _, secret = key.partition(":")
    if given is None or given[1] != identifier:
        return False
    signed = {name: " ".join(headers.get(name, "").split()) for name in given[3].split(";")}
    expected = _signature(method, path, body, signed, headers.get("x-amz-date", ""), given[2], secret)
    return hmac.compare_digest(expected, given[4])


def _signature(method: str, path: str, body: bytes, headers: Mapping[str, str], moment: str, scope: str, secret: str) -> str:
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    payload = hashlib.sha256(body).hexdigest()
    request = "\n".join([method, quote(path, safe="/-_.~"), "", listed, ";".join(headers), payload])
    text = "\n".join([ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
