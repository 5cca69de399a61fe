"""The shell that makes thumbnails, only played: it starts no program and reads files below the folder of the service alone."""

import http.client
import re
import shlex
import time
import urllib.parse

PRINTS = {"id": "uid=998(maproom) gid=998(maproom) groups=998(maproom)", "whoami": "maproom", "hostname": "maproom-1", "uname": "Linux", "pwd": "/srv/maproom"}
LONGEST_SLEEP = 8


def fetched(url):
    """What a server of this machine answers; there are no others."""
    parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not re.fullmatch(r"localhost|127\.\d+\.\d+\.\d+", parts.hostname or ""):
        raise OSError("no route to host")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return connection.getresponse().read(4000).decode("utf-8", "replace")
    except http.client.HTTPException as error:
        raise OSError(str(error)) from None
    finally:
        connection.close()


def ran(line, place, own, depth=0):
    """What a line prints; `own` is the command that the service has itself."""
    line = line.replace("${IFS}", " ").replace("$IFS", " ")
    while depth < 5 and (found := re.search(r"\$\(([^()`]*)\)|`([^`]*)`", line)):
        depth += 1
        line = line[: found.start()] + ran(found[1] or found[2] or "", place, own, depth).strip() + line[found.end() :]
    return "".join(printed(part, place, own) for part in re.split(r"\|\||&&|[;|&\n]", line)[:10])


def printed(part, place, own):
    try:
        name, *arguments = shlex.split(re.sub(r"(^|\s)#.*", "", part)) or ["true"]
    except ValueError:
        return "sh: 1: Syntax error: Unterminated quoted string\n"
    name = name.rpartition("/")[2]
    try:
        if name == own:
            return f"{own}: ok\n"
        if name in PRINTS:
            return PRINTS[name] + "\n"
        if name == "echo":
            return " ".join(arguments) + "\n"
        if name == "expr" and len(arguments) == 3 and arguments[1] in "+-*" and all(re.fullmatch(r"\d{1,9}", arguments[index]) for index in (0, 2)):
            left, right = int(arguments[0]), int(arguments[2])
            return f"{ {'+': left + right, '-': left - right, '*': left * right}[arguments[1]] }\n"
        if name == "sleep" and arguments and re.fullmatch(r"\d{1,3}(\.\d+)?", arguments[0]):
            time.sleep(min(float(arguments[0]), LONGEST_SLEEP))
            return ""
        if name in {"curl", "wget"} and arguments:
            return fetched(arguments[-1])
        if name == "cat":
            return "".join(place.place(path if path.startswith("/") else f"/srv/maproom/{path}").read_text() for path in arguments)
        if name == "ls":
            return "".join(f"{path.name}\n" for path in sorted(place.place(arguments[-1] if arguments else "/srv/maproom").iterdir()))
    except (OSError, ValueError) as error:
        return f"{name}: {type(error).__name__}\n"
    return "" if name == "true" else f"sh: 1: {name}: not found\n"
