"""The proof that OpenAPI documents are read whole: operations, parameters, bodies and answers of every document in a folder,
counted a second time straight over the parsed files.

A document that cannot be read is listed with its error, which has to be a sentence of ours; any other exception fails the proof.
"""

import argparse
import gc
import json
import statistics
import sys
import timeit
import traceback
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import yaml

from theodore_qa import openapi
from theodore_qa.errors import QaError

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
ROUNDS = 7


def load(path):
    """A file as the libraries alone read it."""
    text = path.read_text(encoding="utf-8-sig")
    return json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=yaml.CSafeLoader)


class Counted:
    """A document counted by hand; files that it refers to are read beside it."""

    def __init__(self, path):
        self.files = {path: load(path)}
        raw = self.files[path]
        self.swagger = "swagger" in raw
        self.seen = set()
        for route, item in (raw.get("paths") or {}).items():
            if str(route).startswith("x-") or item is None:
                continue
            home, whole = self.follow(path, item)
            for method, operation in whole.items():
                if method in METHODS:
                    self.count(f"{method.upper()} {route}", home, whole, *self.follow(home, operation))

    def follow(self, home, node):
        """A node without its reference, and the file that it stands in; an empty one if the reference leads nowhere."""
        for _ in range(30):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                break
            file, _, fragment = node["$ref"].partition("#")
            home = (home.parent / unquote(file)).resolve() if file else home
            try:
                if home not in self.files:
                    self.files[home] = load(home)
                node = self.files[home]
                for part in unquote(fragment).split("/")[1:]:
                    step = part.replace("~1", "/").replace("~0", "~")
                    node = node[int(step)] if isinstance(node, list) else {str(key): value for key, value in node.items()}[step]
            except (OSError, LookupError, AttributeError, ValueError):
                return home, {}
        return home, node if isinstance(node, dict) else {}

    def count(self, label, home, item, own_home, operation):
        self.seen.add((label,))
        merged = {}
        for where, listed in ((home, item.get("parameters")), (own_home, operation.get("parameters"))):
            for given in listed or ():
                _, parameter = self.follow(where, given)
                name, location = parameter.get("name"), parameter.get("in")
                if name and isinstance(location, str):
                    merged[location, name.lower() if location == "header" else name] = parameter
        for (location, name), parameter in merged.items():
            if location in ("path", "query", "header", "cookie", "querystring"):
                self.seen.add((label, location, name, location == "path" or bool(parameter.get("required"))))
        if self.swagger and any(location in ("body", "formData") for location, _ in merged):
            self.seen.add((label, "body"))
        _, body = self.follow(own_home, operation.get("requestBody"))
        self.seen.update((label, "body", media) for media in body.get("content") or ())
        answers = (operation.get("responses") or {}).items()
        for status, given in ((status, given) for status, given in answers if not str(status).startswith("x-")):
            _, response = self.follow(own_home, given)
            key = (label, "answer", str(status))
            self.seen.add(key)
            self.seen.update((*key, media) for media in response.get("content") or ())
            self.seen.update((*key, "header", name) for name in response.get("headers") or ())


def described(document):
    """The same, as the reader has it."""
    swagger = document.version == "2.0"
    for operation in document.operations:
        label = operation.label
        yield (label,)
        for parameter in operation.parameters:
            name = parameter.name.lower() if parameter.location == "header" else parameter.name
            yield label, parameter.location, name, parameter.required
        yield from {(label, "body") if swagger else (label, "body", media) for media in operation.bodies}
        for status, response in operation.responses.items():
            yield label, "answer", status
            yield from ((label, "answer", status, media) for media in response.content if not swagger)
            yield from ((label, "answer", status, "header", name) for name in response.headers)


def median(measured, *arguments):
    return statistics.median(timeit.repeat(lambda: measured(*arguments), gc.enable, number=1, repeat=ROUNDS))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--slowest", type=int, default=5, help="how many of the largest documents are timed")
    given = arguments.parse_args()
    total, read, refused, failed = Counter(), [], [], []
    for path in sorted(file for file in given.folder.rglob("*") if file.suffix in (".json", ".yaml", ".yml")):
        try:
            document = openapi.read(path)
            found = set(described(document))
            total["not understood"] += len(document.not_understood)
        except QaError as error:
            refused.append(f"{path}: {error}")
            continue
        except Exception:  # noqa: BLE001  # that there is none is what is proved
            failed.append(f"{path}: {traceback.format_exc(limit=-2)}")
            continue
        read.append(path)
        total[document.version] += 1
        total["operations"] += len(document.operations)
        total["parameters"] += sum(len(operation.parameters) for operation in document.operations)
        total["compared"] += len(found)
        if missing := found ^ Counted(path).seen:
            failed.append(f"{path}: {len(missing)} differ, such as {sorted(missing, key=str)[:3]}")
    for path in sorted(read, key=lambda file: -file.stat().st_size)[: given.slowest]:
        alone = median(load, path)
        whole = median(lambda file: openapi._documents.clear() or len(openapi.read(file).operations), path)
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {whole:.3f} s, alone {alone:.3f} s, ratio {whole / alone:.2f}")
    print(f"{len(read)} documents, {dict(total)}; {len(refused)} refused; {len(failed)} failed")
    for line in [*failed, *refused]:
        print(line)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
