"""Paths under which something is often forgotten: at the root, below an API's own paths, and of other versions of it."""

from __future__ import annotations

import re

# Looked for at the root, and below what the API's own paths have in common, such as /api and /api/v2.
NAMES = (
    "admin", "admin/users", "debug", "debug/config", "debug/vars", "debug/env", "debug/pprof/",
    "internal", "internal/status", "internal/config", "config", "config.json", "settings", "env",
    "actuator", "actuator/env", "actuator/health", "metrics", "status", "users", "test", "trace", "console",
    "backup", "dump", "export", "logs", "graphql", "swagger.json", "openapi.json", "docs", "redoc",
)  # fmt: skip
ROOT = (
    "/.env", "/.git/HEAD", "/.git/config", "/backup.sql", "/dump.sql", "/phpinfo.php", "/server-status",
    "/swagger-ui/", "/api-docs", "/graphiql", "/v1/users", "/api/users", "/api/internal", "/api/debug",
    "/.env.bak", "/.env.local", "/.DS_Store", "/.htpasswd", "/backup.zip", "/backup.tar.gz", "/db.sqlite3", "/database.sqlite",
    "/dump.json", "/app.log", "/debug.log", "/config.yaml", "/config.yml", "/settings.ini", "/secrets.json", "/credentials.json",
    "/docker-compose.yml", "/Dockerfile", "/package.json", "/web.config", "/_debug", "/__debug__/", "/_internal", "/private/",
    "/old/", "/dev/", "/heapdump", "/actuator/heapdump", "/api/admin", "/api/config", "/api/export", "/api/backup",
    "/static/", "/assets/", "/uploads/", "/files/", "/public/", "/media/", "/images/", "/downloads/", "/backup/", "/backups/",
    "/.git/logs/HEAD", "/.env.production", "/backup.tar", "/backup.sql.gz", "/.svn/wc.db",
    "/logs/", "/data/", "/.svn/entries", "/.hg/requires", "/.aws/credentials", "/.npmrc", "/id_rsa",
    "/requirements.txt", "/config.php.bak", "/index.php.bak", "/settings.py", "/app.py", "/main.py", "/server.js", "/users.json",
    "/users.csv", "/error.log", "/access.log", "/.bash_history", "/h2-console", "/adminer.php", "/phpmyadmin/", "/trace.axd",
)  # fmt: skip
# Below a collection, where an operation takes any name; and below one object of it.
IN_COLLECTION = (
    "_debug", "debug", "_internal", "internal", "_all", "all", "_dump", "dump", "_export", "export", "_admin", "admin", "_config",
    "_status", "_stats", "stats", "_search", "_list", "raw",
)  # fmt: skip
OF_OBJECT = ("debug", "_debug", "internal", "_internal", "raw", "export", "full", "audit", "history", "secrets", "admin")
SERIOUS = re.compile(
    r"debug|env|\.git|\.svn|\.sql|actuator|console|internal|admin|phpinfo|users|trace|config|settings|backup|dump|logs?|secret|credential"
    r"|sqlite|htpasswd|private|id_rsa|\.aws|history|\.bak|_all|export|(?:app|main)\.py|server\.js"
)
MOST_PREFIXES, MOST_COLLECTIONS, MOST_OBJECTS, MOST_OLDER = 4, 4, 3, 12
VERSION = re.compile(r"/v(\d+)(?=/|$)")


def paths(documented: list[str]) -> list[str]:
    """The paths to look for by those of a document: usual names, in its collections too, and earlier versions of its own."""
    tops: dict[str, int] = {}
    collections: dict[str, int] = {}
    for path in documented:
        before, templated, _ = path.partition("{")
        parts = [part for part in before.split("/") if part]
        if templated and parts:
            collection = "/" + "/".join(parts)
            collections[collection] = collections.get(collection, 0) + 1
        for depth in range(1, len(parts[:-1][:2]) + 1):
            top = "/" + "/".join(parts[:depth])
            tops[top] = tops.get(top, 0) + 1
    below = [f"{top}/{name}" for top in ("", *_most(tops, MOST_PREFIXES)) for name in NAMES]
    inside = [f"{each}/{name}" for each in _most(collections, MOST_COLLECTIONS) for name in IN_COLLECTION]
    plain = [path for path in documented if "{" not in path]
    return list(dict.fromkeys([*ROOT, *below, *inside, *(older for path in plain for older in earlier(path))]))


def earlier(path: str) -> list[str]:
    """A path in earlier versions of an API, and without a version; none where it names none."""
    match = VERSION.search(path)
    if match is None:
        return []
    versions = [f"/v{number}" for number in range(int(match[1]) - 1, max(int(match[1]) - 3, -1), -1)]
    found = (path[: match.start()] + version + path[match.end() :] for version in (*versions, ""))
    return [each for each in found if each.strip("/")]


def _most(counted: dict[str, int], most: int) -> list[str]:
    return [name for name, _ in sorted(counted.items(), key=lambda pair: -pair[1])][:most]
