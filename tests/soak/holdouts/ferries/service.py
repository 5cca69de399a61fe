"""Tickets of a ferry line: Node, http without a framework, one thread that is easily held up. This file confines and starts it."""

import json
import os
import resource
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "signature-open", "login-operators", "ticket-read", "refund-open", "price-chosen", "preferences-merged", "cors-prefix", "errors-headerless",
    "stacks", "map-served", "admin-unlisted", "huge-text", "parallel-falls", "plate-pattern",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)

if __name__ == "__main__":
    node = shutil.which("node")
    if node is None:
        raise SystemExit("node is not installed")
    source = Path(__file__).with_name("server.js").resolve()
    configuration = {
        "accounts": common.ACCOUNTS, "headers": common.SECURITY_HEADERS, "instance": PLACE.instance, "weak": sorted(PLACE.weaknesses),
        "limit": common.BODY_LIMIT,
    }  # fmt: skip
    if os.geteuid() == 0:
        os.chown(PLACE.folder, common.NOBODY, common.NOBODY)
        os.setgroups([])
        os.setgid(common.NOBODY)
        os.setuid(common.NOBODY)
    os.chdir(PLACE.folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 << 20, 32 << 20))
    # It reads its own program and its folder, writes into the folder, and starts neither programs nor threads. It calls nobody.
    rights = ["--experimental-permission", f"--allow-fs-read={source}", f"--allow-fs-read={PLACE.folder}/*", f"--allow-fs-write={PLACE.folder}/*", "--no-warnings", "--max-old-space-size=512"]
    os.execve(node, [node, *rights, str(source), json.dumps(configuration)], {"PATH": "/usr/bin"})
