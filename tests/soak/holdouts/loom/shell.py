"""A shell that is only played: it knows a few commands, reads files below the folder alone, and starts no program."""

import asyncio
import http.client
import re
import shlex
import urllib.parse

SEPARATORS = re.compile(r"(&&|\|\||;|\n|\||&)")
LONGEST_SLEEP = 10
MOST_STEPS = 20


def fetch(url):
    """The answer of a server of this machine, as curl prints it."""
    parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not re.fullmatch(r"localhost|127\.\d+\.\d+\.\d+", parts.hostname or ""):
        return ""
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return connection.getresponse().read(2000).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        connection.close()


class Shell:
    """Runs lines for one service, whose own commands are functions of their arguments."""

    def __init__(self, place, commands):
        self.place, self.commands = place, commands

    async def run(self, line, steps=MOST_STEPS):
        """What a line prints."""
        line = line.replace("${IFS}", " ").replace("$IFS", " ").replace("2>&1", "")
        line = re.sub(r"\$\(\((\d{1,9})\s*([*+-])\s*(\d{1,9})\)\)", lambda found: str(reckoned(*found.groups())), line)
        while steps and (found := re.search(r"\$\(([^()`]*)\)|`([^`]*)`", line)):
            steps -= 1
            line = line[: found.start()] + (await self.run(found[1] or found[2] or "", 5)).strip() + line[found.end() :]
        printed, passed, succeeded, joint = "", "", True, ";"
        for part in SEPARATORS.split(line)[: 2 * steps + 1]:
            if SEPARATORS.fullmatch(part):
                if part != "|":
                    printed, passed = printed + passed, ""
                joint = part
                continue
            if (joint == "&&" and not succeeded) or (joint == "||" and succeeded) or not part.strip():
                continue
            succeeded, passed = await self.step(part, passed if joint == "|" else "")
        return printed + passed

    async def step(self, part, given):
        """Whether a command succeeds, and what it prints."""
        try:
            words = shlex.split(re.sub(r"(^|\s)#.*", "", part))
        except ValueError:
            return False, "sh: 1: Syntax error: Unterminated quoted string\n"
        if not words:
            return True, ""
        name, *arguments = words
        name = name.rpartition("/")[2]
        if name in self.commands:
            return True, self.commands[name](arguments)
        if name == "sleep":
            amount = float(arguments[0]) if arguments and re.fullmatch(r"\d{1,3}(\.\d+)?", arguments[0]) else 0
            await asyncio.sleep(min(amount, LONGEST_SLEEP))
            return True, ""
        if name in {"curl", "wget"}:
            return True, await asyncio.to_thread(fetch, arguments[-1]) if arguments else ""
        if name == "cat":
            return self.cat(arguments, given)
        if name == "ls":
            folder = self.place(arguments[-1] if arguments and not arguments[-1].startswith("-") else "/srv/loom")
            return (True, "".join(f"{path.name}\n" for path in sorted(folder.iterdir()))) if folder.is_dir() else (False, "")
        simple = {
            "echo": " ".join(arguments), "id": "uid=1001(loom) gid=1001(loom) groups=1001(loom)", "whoami": "loom", "pwd": "/srv/loom",
            "hostname": "loom-worker-2", "uname": "Linux loom-worker-2 6.8.0-48-generic x86_64 GNU/Linux" if arguments else "Linux",
            "env": "LOOM_ENV=production\nHOME=/srv/loom", "true": "", "printf": arguments[0] if arguments else "",
        }  # fmt: skip
        if name == "expr" and len(arguments) == 3 and all(re.fullmatch(r"\d{1,9}", arguments[index]) for index in (0, 2)) and arguments[1] in "+-*":
            return True, f"{reckoned(*arguments)}\n"
        if name in simple:
            return True, simple[name] + "\n" if simple[name] else ""
        return False, f"sh: 1: {name}: not found\n"

    def cat(self, arguments, given):
        text, good = "" if arguments else given, True
        for argument in arguments:
            try:
                text += self.place(argument if argument.startswith("/") else f"/srv/loom/{argument}").read_text()
            except (OSError, UnicodeDecodeError):
                text, good = f"{text}cat: {argument}: No such file or directory\n", False
        return good, text


def reckoned(left, sign, right):
    """The result of a calculation of two whole numbers."""
    left, right = int(left), int(right)
    return {"+": left + right, "-": left - right, "*": left * right}[sign]
