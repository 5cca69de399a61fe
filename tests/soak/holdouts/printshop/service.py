"""Jobs of a print shop: Express, jobs that are done later, webhooks. This file confines and starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import node

WEAKNESSES = [
    "job-result", "job-cancel", "title-template", "source-fetch", "hook-secret", "state-twice", "cost-chosen", "sheet-outside",
    "copies-negative", "idempotency-shared", "bodies-open", "login-case",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)

if __name__ == "__main__":
    (PLACE.folder / "sheets").mkdir(exist_ok=True)
    (PLACE.folder / "etc").mkdir(exist_ok=True)
    (PLACE.folder / "sheets" / "colours.txt").write_text("cyan magenta yellow black\n")
    (PLACE.folder / "sheets" / "sizes.txt").write_text("A3 297 x 420\nA4 210 x 297\n")
    (PLACE.folder / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    (PLACE.folder / "etc" / "group").write_text("root:x:0:\nnogroup:x:65534:\n")
    node.become(Path(__file__).with_name("server.js").resolve(), PLACE)
