"""The hold-out sets of the security scan: forty-nine services that nobody who works on the probes has looked at.

Each is scanned with all its weaknesses and without any. ``holdouts/weaknesses.yaml`` says what is there to be found.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent / "holdouts"
sys.path.insert(0, str(HERE))
from common import ACCOUNTS, KEYS, SIGNING_KEY  # noqa: E402 - it lies beside the services

MAIN = [sys.executable, "-c", "from theodore_qa.cli import main; main()"]
PASSWORDS = {name: entry["password"] for name, entry in ACCOUNTS.items()}
SUITE = """\
*** Settings ***
Documentation       What the scan finds in {name}.
Metadata            System    {name}

Library             SecurityLibrary

Test Tags           area:security    system:{name}


*** Test Cases ***
Service Holds
    [Documentation]    Nothing graver than low is found.
    Scan API    allow_changes=True    within={minutes:g} minutes
    Findings Should Not Exceed    low
"""


class Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), Staying)
ANSWER_WITHIN = 15
OF_TIME = 0.85  # of a run that its scan may take


class Service:
    """A service in a process of its own."""

    def __init__(self, name, folder, weaknesses):
        self.name = name
        self.folder = folder
        weak = [] if weaknesses is None else ["--weak", *weaknesses]
        self.errors = (folder / "errors.txt").open("wb")
        command = [sys.executable, str(HERE / name / "service.py"), "--folder", str(folder / "home"), *weak]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{name} did not start, see {folder}/errors.txt")
        self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
        self.instance = json.loads(line)["instance"]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and text of an answer; status 0 where there is none."""
        request = urllib.request.Request(self.url + path, body, headers or {}, method=method)
        try:
            with OPENER.open(request, timeout=ANSWER_WITHIN) as answer:
                return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode("utf-8", "replace")
        except OSError as error:
            return 0, {}, str(error)

    def state(self):
        """Whether it lives: alive, hung or dead."""
        if self.process.poll() is not None:
            return "dead"
        status, _, text = self.ask("GET", "/version")
        return "alive" if status == 200 and self.instance in text else "hung"

    def lost(self, entries):
        """The identities that can no longer sign in."""
        names = list(entries["identities"])
        deadline = time.monotonic() + 90  # limits of wrong passwords end by then
        while (lost := [name for name in names if not self.known(name, entries.get("sign_in"))]) and time.monotonic() < deadline:
            time.sleep(5)
        return lost

    def known(self, name, sign_in):
        """Whether a name and its password are taken."""
        password = PASSWORDS[name]
        if sign_in is None:
            return self.ask("GET", "/me", headers={"X-API-Key": KEYS[name]})[0] == 200
        if sign_in.get("how") == "basic":
            token = base64.b64encode(f"{name}:{password}".encode()).decode()
            return self.ask("GET", "/me", headers={"Authorization": f"Basic {token}"})[0] == 200
        method, path = sign_in["operation"].partition("#")[0].split()
        body = json.loads(json.dumps(sign_in.get("body", {})))
        for field, value in ((sign_in.get("username", "username"), name), (sign_in.get("password", "password"), password)):
            *outer, last = field.split(".")
            inner = body
            for part in outer:
                inner = inner.setdefault(part, {})
            inner[last] = value
        if "form" in sign_in.get("media", ""):
            headers = {"Content-Type": sign_in["media"]}
            status, _, text = self.ask(method, path, urllib.parse.urlencode(body).encode(), headers)
            return status in {200, 302, 303} and "wrong" not in text
        status, _, text = self.ask(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return status == 200 and '"errors"' not in text


def project(service, folder, entries, minutes):
    """Make a project as the guide says, with the environment file of the service; returns its folder and name."""
    contract = entries.get("contract")
    source = []
    if contract:
        source = ["--openapi", str(HERE / service.name / contract) if "/" not in contract else service.url + contract]
    made = subprocess.run([*MAIN, "init", "project", *source, "--url", service.url], cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"theodore init failed for {service.name}: {made.stdout}{made.stderr}")
    place = folder / "project"
    (first,) = [path for path in (place / "variables").glob("*.yaml") if "systems:" in path.read_text()]
    environment = yaml.safe_load(first.read_text())
    (name,) = environment["systems"]
    environment["allow"] = {"active_scan": True, "destructive": True}
    system = environment["systems"][name] | entries
    system["proof"] = entries["proof"] | {"value": service.instance}
    system["contract"] = environment["systems"][name].get("contract")
    if not system["contract"]:
        del system["contract"]
    environment["systems"][name] = system
    first.write_text(yaml.safe_dump(environment, sort_keys=False, allow_unicode=True))
    for suite in (place / "suites").rglob("*.robot"):
        suite.unlink()
    (place / "suites" / "security").mkdir(exist_ok=True)
    (place / "suites" / "security" / "holds.robot").write_text(SUITE.format(name=name, minutes=minutes * OF_TIME))
    return place, first.stem


def digest(folder):
    """What stands in a folder, by path."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def findings(report):
    """The findings of a SARIF report: kind, level, location and text."""
    if not report.exists():
        return []
    found = []
    for run in json.loads(report.read_text())["runs"]:
        for result in run.get("results", ()):
            if result.get("kind", "fail") != "fail" or result.get("suppressions"):
                continue
            places = [place for entry in result.get("locations", ()) for place in entry.get("logicalLocations", ())]
            locations = [place.get("fullyQualifiedName") or place.get("name", "") for place in places]
            severity = result.get("properties", {}).get("severity") or result.get("level")
            found.append({"kind": result["ruleId"], "severity": str(severity), "locations": locations, "text": result["message"]["text"]})
    return found


def scan(name, weak, keep, minutes, chosen=()):
    """Scan a service once; what was found and what became of it."""
    entries = yaml.safe_load((HERE / name / "environment.yaml").read_text())
    twin = "weak" if weak else "fixed"
    folder = keep / f"{name}-{twin}"
    folder.mkdir(parents=True)
    neighbour = folder / "neighbour"
    neighbour.mkdir()
    for file in ("accounts.csv", "passwd", "settings.ini"):
        (neighbour / file).write_text(f"{file} of somebody else\n")
        (neighbour / file).chmod(0o666)
    neighbour.chmod(0o777)
    before = digest(neighbour)
    service = Service(name, folder, chosen if weak else None)
    row = {"service": name, "weak": weak, "timed_out": False}
    try:
        place, environment = project(service, folder, entries, minutes)
        command = [*MAIN, "test", "security", "--include-penetration-tests", "--environment", environment, "--processes", "1"]
        variables = os.environ | {f"HOLDOUT_{person.upper()}": password for person, password in PASSWORDS.items()}
        variables |= {f"HOLDOUT_KEY_{person.upper()}": key for person, key in KEYS.items()} | {"HOLDOUT_SIGNING_KEY": SIGNING_KEY}
        started = time.monotonic()
        with (folder / "console.txt").open("wb") as console:
            tested = subprocess.Popen([*command, "--results", str(folder / "results")], cwd=place, env=variables, stdout=console, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                row["exit"] = tested.wait(minutes * 60)
            except subprocess.TimeoutExpired:
                row["timed_out"] = True
                tested.send_signal(signal.SIGTERM)
                try:
                    row["exit"] = tested.wait(60)
                except subprocess.TimeoutExpired:
                    row["exit"] = "killed"
            with contextlib.suppress(ProcessLookupError):
                os.killpg(tested.pid, signal.SIGKILL)
        row["seconds"] = round(time.monotonic() - started)
        row["state"] = service.state()
        row["lost"] = service.lost(entries) if row["state"] == "alive" else []
    finally:
        service.stop()
    refused = folder / "home" / "refused.log"
    row["refused"] = refused.read_text(errors="replace").splitlines() if refused.exists() else []
    after = digest(neighbour)
    row["touched"] = sorted(Path(path).name for path in before | after if before.get(path) != after.get(path))
    row["findings"] = findings(folder / "results" / "findings.sarif")
    (folder / "row.json").write_text(json.dumps(row, indent=1))
    print(f"{name}, {twin}: {len(row['findings'])} findings, {row['state']}, {row['seconds']} s", flush=True)
    return row


def matches(weakness, finding):
    """Whether a finding is of the weakness: its kind and its route, and its words where two share both."""
    routes = [weakness["route"], *weakness.get("also", ())]
    words = " ".join((finding["text"].partition(": ")[2], *finding["locations"]))  # without its title
    return (
        finding["kind"] in weakness["kinds"]
        and ("*" in routes or any(location == route or location.startswith(route + " ") for route in routes for location in finding["locations"]))
        and re.search(weakness.get("words", ""), words, re.IGNORECASE) is not None
    )


def report(rows, weaknesses):
    """A table, what was missed, and what was found in the fixed twins."""
    lines = ["| service | weaknesses | found | missed | false alarms | target, weak | target, fixed | identities lost | files outside | calls to other machines | seconds |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    missed, alarms, total = [], [], [0, 0, 0]
    for name in sorted({row["service"] for row in rows}):
        twins = {row["weak"]: row for row in rows if row["service"] == name}
        listed = [entry for entry in weaknesses if entry["service"] == name]
        weak, fixed = twins.get(True), twins.get(False)
        found = [entry for entry in listed if weak and any(matches(entry, finding) for finding in weak["findings"])]
        lines_of = [finding for finding in (fixed or {"findings": []})["findings"] if finding["severity"] not in {"low", "info", "note", "none"}]
        missed += [entry for entry in listed if weak and entry not in found]
        alarms += [(name, finding) for finding in lines_of]
        for index, count in enumerate((len(listed), len(found), len(lines_of))):
            total[index] += count
        states = [f"{row['state']}{', time ran out' if row['timed_out'] else ''}, exit {row['exit']}" if row else "not scanned" for row in (weak, fixed)]
        lost = sum(len(row["lost"]) for row in (weak, fixed) if row)
        attempts = [line for row in (weak, fixed) if row for line in row["refused"]]
        calls = [line for line in attempts if line.startswith("socket.")]
        touched = sum(len(row["touched"]) for row in (weak, fixed) if row) + len(attempts) - len(calls)
        seconds = " + ".join(str(row["seconds"]) for row in (weak, fixed) if row)
        lines.append(f"| {name} | {len(listed)} | {len(found)} | {len(listed) - len(found)} | {len(lines_of)} | {states[0]} | {states[1]} | {lost} | {touched} | {len(calls)} | {seconds} |")
    lines += [f"| all | {total[0]} | {total[1]} | {total[0] - total[1]} | {total[2]} | | | | | | |", "", "## Missed", ""]
    lines += [f"- {entry['service']} `{entry['id']}` ({entry['kinds'][0]}) {entry['route']}: {entry['notice']}" for entry in missed] or ["Nothing."]
    lines += ["", "## False alarms: findings above low in fixed twins", ""]
    lines += [f"- {name}: {finding['kind']} ({finding['severity']}) {', '.join(finding['locations'])}: {' '.join(finding['text'].split())}" for name, finding in alarms] or ["None."]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    names = sorted(path.parent.name for path in HERE.glob("*/environment.yaml"))
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=f"some of: {', '.join(names)}; all by default")
    parser.add_argument("--only", choices=["weak", "fixed"], help="one of the twins; both by default")
    parser.add_argument("--weakness", action="append", default=[], metavar="ID", help="the weak twin has these alone; repeatable")
    parser.add_argument("--minutes", type=float, default=20, help="how long a scan may take (20)")
    parser.add_argument("--keep", type=Path, help="a folder for logs and findings; a temporary one by default")
    parser.add_argument("--report", type=Path, help="where the table goes, beside the console")
    parser.add_argument("--again", action="store_true", help="only make the table, of the rows that --keep holds")
    options = parser.parse_args()
    weaknesses = yaml.safe_load((HERE / "weaknesses.yaml").read_text()) if (HERE / "weaknesses.yaml").exists() else []
    with tempfile.TemporaryDirectory() as temporary:
        keep = (options.keep or Path(temporary)).resolve()
        Path(temporary).chmod(0o755)
        if options.again:
            rows = [
                json.loads(path.read_text()) | {"findings": findings(path.parent / "results" / "findings.sarif")}
                for path in sorted(keep.glob("*/row.json"))
            ]
        else:
            twins = [weak for weak in (True, False) if options.only in (None, "weak" if weak else "fixed")]
            rows = [scan(name, weak, keep, options.minutes, options.weakness) for name in options.services or names for weak in twins]
        text = report(rows, [entry for entry in weaknesses if not options.weakness or entry["id"] in options.weakness])
        print(text)
        if options.report:
            options.report.write_text(text)


if __name__ == "__main__":
    main()
