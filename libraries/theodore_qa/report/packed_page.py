"""log.html as one packed text that the browser unpacks: else Robot's own scripts, the same in every log, are most of it."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING

from theodore_qa.redaction.scan import PACKED

if TYPE_CHECKING:
    import re
    from pathlib import Path

LEVEL = 6
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Log</title><style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;margin:2rem}}</style></head>
<body><p id="state" role="status">This log needs JavaScript and a browser of 2023 or later. output.xml holds the same.</p>
<script>
(async packed => {{
  const state = document.getElementById("state");
  try {{
    const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0));
    const page = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
    document.open();
    document.write(page);
    document.close();
  }} catch (error) {{
    state.textContent += " This browser could not unpack it: " + error;
  }}
}})("{packed}");
</script></body></html>
"""


def pack(path: Path) -> None:
    """Pack a page of Robot in place; it shows the same, and its address the same places."""
    page = PACKED.sub(_plain, path.read_text(encoding="utf-8"))  # text packs better all together than each string alone
    packed = base64.b64encode(zlib.compress(page.encode("utf-8"), LEVEL)).decode()
    path.write_text(PAGE.format(packed=packed), encoding="utf-8")


def _plain(match: re.Match[str]) -> str:
    """A string that Robot packed, as it writes those that it does not pack: with an asterisk before them."""
    try:
        text = zlib.decompress(base64.b64decode(match[1])).decode("utf-8")
    except (ValueError, zlib.error):
        return match[0]
    return json.dumps(f"*{text}", ensure_ascii=False).replace("<", "\\x3c")
