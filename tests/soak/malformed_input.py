"""The proof that malformed files of companies get a clear error: from the API, from the command and from the keyword.

Each file is uploaded to the API, given to `batch research --dry-run` of the command line, and to `Upload Companies File`. A refusal
must be a sentence without a traceback, and afterwards a good file must be read whole: nothing is lost. Files whose names of
companies are only hard to read must be read whole by all three. The memory of each process is measured throughout.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from large_batch import Memory

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.systems import environment
from TheodoreLibrary import batches, company_files, TheodoreLibrary

GOOD = b"name,website\nSlack,https://slack.com\nZoom,https://zoom.us\n"
MB = 1_000_000
LONGEST = 120.0  # seconds for an answer, on a busy machine too
COMMAND = [sys.executable, "-m", "theodore_sandbox.cli", "batch", "research"]
CRASH = ("Traceback", "Error:\n", "Exception", "internal")


def bomb(path, size=1000):
    """A workbook that unpacks to so many MB."""
    path.write_bytes(company_files.workbook([["name"], ["Slack"]]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/more.xml", "w") as part:
        for _ in range(size):
            part.write(b" " * MB)


def files(folder):
    """The files of the list, each with whether it is to be read, and how many companies it then has."""
    made = {
        "empty.csv": b"", "empty.json": b"", "empty.xlsx": b"",
        "half.json": b'[{"name": "Slack"}, {"na',
        "wrong-columns.csv": b"company_id,web\n1,slack.com\n",
        "wrong-columns.json": b'[{"title": "Slack"}]',
        "wrong-columns.xlsx": company_files.workbook([["title"], ["Slack"]]),
        "nul.csv": b"name\nSla\x00ck\n", "nul.json": json.dumps([{"name": "Sla\x00ck"}]).encode(),
    }  # fmt: skip
    hard = {f"emoji-right-to-left-and-paths.{ending}": company_files.hard(ending) for ending in ("csv", "json", "xlsx")}
    for name, content in (made | hard).items():
        (folder / name).write_bytes(content)
        yield folder / name, len(company_files.HARD) if name in hard else None
    for name, before, after in (("line-of-50-MB.csv", b"name\n", b"\n"), ("text-of-50-MB.json", b'[{"name": "', b'"}]')):
        (folder / name).write_bytes(before + b"Q" * (50 * MB) + after)
        yield folder / name, None
    bomb(folder / "bomb.xlsx")
    yield folder / "bomb.xlsx", None


def by_api(path):
    """What the API answers: the number of companies, or its reason."""
    answer = batches.upload(path.name, path.read_bytes(), None)
    body = answer.object()
    if answer.status == batches.OK:
        return body.get("company_count"), ""
    return (
        None,
        f"{answer.status} {body.get('message') or answer.excerpt()}" if 400 <= answer.status < 500 else f"CRASH {answer.status}",
    )


def by_command(path):
    """What the command writes: the number of companies, or its reason."""
    ended = subprocess.run([*COMMAND, str(path), "--dry-run"], capture_output=True, text=True, timeout=LONGEST, check=False)
    if ended.returncode == 0:
        return json.loads(ended.stdout)["companies"], ""
    message = ended.stderr.strip().replace(str(path.parent) + "/", "")
    return None, f"exit {ended.returncode}: {message}" if ended.returncode in (1, 2) and not ended.stdout else "CRASH " + message


def by_keyword(path):
    """What the keyword says: the number of companies, or its reason."""
    try:
        answer = TheodoreLibrary().run_keyword("upload_companies_file", [str(path)], {})
    except QaError as error:
        return None, str(error)
    return answer["company_count"], ""


def patient(folder):
    """The sandbox's environment with so long a time for an answer that a busy machine keeps it too."""
    given = environment.locate("sandbox")
    text = given.read_text().replace("extends: ", f"extends: {given.parent}/").replace("timeout: 10 s", f"timeout: {LONGEST:g} s")
    (folder / "environment.yaml").write_text(text)
    return folder / "environment.yaml"


def main():
    wrong, memory = [], Memory()
    memory.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            os.environ["THEODORE_ENVIRONMENT"] = str(patient(Path(name)))
            good = Path(name) / "good.csv"
            good.write_bytes(GOOD)
            for path, expected in files(Path(name)):
                for channel, read in (("API", by_api), ("command", by_command), ("keyword", by_keyword)):
                    found, reason = read(path)
                    print(f"{path.name}, {channel}: {reason or f'{found} companies'}"[:300], flush=True)
                    clear = len(reason.split()) > 3 and not any(word in reason for word in CRASH) and "CRASH" not in reason
                    if found != expected or (expected is None and not clear):
                        wrong.append(
                            f"{channel} on {path.name}: expected {expected or 'a reason'}, observed {reason or found}"[:300]
                        )
                    if read(good)[0] != 2:
                        wrong.append(f"{channel} after {path.name}: the good file is not read")
    finally:
        memory.ended.set()
        context.close()
    wrong += memory.excesses()
    print("; ".join(wrong) or "each file read whole or refused with its reason")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
