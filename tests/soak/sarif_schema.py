"""Holds SARIF files to the official schema, which the package of the SARIF tools brings: ``python tests/soak/sarif_schema.py FILE...``."""

import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import jsonschema

PACKAGE = "@microsoft/sarif-multitool-linux@5.7.0"
SCHEMA = "package/sarif-2.1.0.json"


def schema():
    """The schema in the package, which is fetched to a folder that is removed."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, text=True, check=True)
        with tarfile.open(Path(folder) / packed.stdout.strip()) as archive:
            return json.loads(archive.extractfile(SCHEMA).read().decode("utf-8-sig"))


def main(files):
    if not files:
        sys.exit("Name at least one SARIF file.")
    official = schema()
    validator = jsonschema.validators.validator_for(official)(official, format_checker=jsonschema.FormatChecker())
    wrong = 0
    for file in files:
        document = json.loads(Path(file).read_text(encoding="utf-8"))
        errors = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]
        results = sum(len(run.get("results") or []) for run in document.get("runs", []))
        print(f"{file}: {results} results, {len(errors)} errors", *errors[:20], sep="\n  ")
        wrong += bool(errors)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
