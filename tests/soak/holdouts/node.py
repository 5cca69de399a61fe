"""Starts a service that is written for Node, confined: it reads its program and its packages, and writes into its folder."""

import json
import os
import resource
import shutil
import sys

import common

RIGHTS = ["--experimental-permission", "--no-warnings", "--max-old-space-size=512"]


def become(program, place):
    """Make this process the program; it is told accounts, headers, its name and its weaknesses."""
    node = shutil.which("node")
    packages = program.parents[1] / "node_modules"
    if node is None or not packages.is_dir():
        sys.exit("expected node, and packages by: npm ci (in tests/soak/holdouts)")
    configuration = {
        "accounts": common.ACCOUNTS, "headers": common.SECURITY_HEADERS, "instance": place.instance, "weak": sorted(place.weaknesses),
        "limit": common.BODY_LIMIT, "folder": str(place.folder),
    }  # fmt: skip
    if os.geteuid() == 0:
        for path in [place.folder, *place.folder.rglob("*")]:
            os.chown(path, common.NOBODY, common.NOBODY)
        os.setgroups([])
        os.setgid(common.NOBODY)
        os.setuid(common.NOBODY)
    os.chdir(place.folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 << 20, 32 << 20))
    readable = [f"--allow-fs-read={path}" for path in (program, program.parents[1] / "kit.js", program.parents[1] / "package.json", f"{packages}/*", f"{place.folder}/*")]
    os.execve(node, [node, *RIGHTS, *readable, f"--allow-fs-write={place.folder}/*", str(program), json.dumps(configuration)], {"PATH": "/usr/bin"})
