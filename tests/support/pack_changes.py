"""Random changes of an evidence pack, and which of them its verification does not name."""

import random
import re
import shutil

from theodore_qa.pack import manifest, verifying


def unnamed_changes(folder, key, work, seed, count):
    """Make changes one at a time in copies of a pack; returns those that were not named, with what was said."""
    draw = random.Random(seed)
    unnamed = []
    for number in range(count):
        copy = work / folder.name
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(folder, copy)
        expected = change(copy, draw, number)
        found = verifying.problems(copy, key)
        unnamed += [(number, name, found) for name in expected if not any(names(name, sentence) for sentence in found)]
    return unnamed


def names(name, sentence):
    """Whether a sentence names a file itself, not one whose name is longer."""
    return bool(re.search(rf"(?<![\w/]){re.escape(name)}(?![\w/]|\.\w)", sentence))


def change(folder, draw, number):
    """Make one change; returns the names of the files that have to be named."""
    known = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    name = draw.choice(known)
    path = folder / name
    kind = ("byte", "removal", "addition", "swap", "lines")[number % 5]
    if kind == "byte":
        content = bytearray(path.read_bytes())
        content[draw.randrange(len(content))] ^= draw.randrange(1, 256)
        path.write_bytes(content)
        return [name]
    if kind == "removal":
        path.unlink()
        return [name]
    if kind == "addition":
        added = draw.choice(["extra.json", "artefacts/extra.xml", "0-0.jsonl", "manifest.sha256.old", "sub/folder/x"])
        (folder / added).parent.mkdir(parents=True, exist_ok=True)
        (folder / added).write_bytes(draw.choice([b"", b"x"]))
        return [added]
    if kind == "swap":
        other = draw.choice([own for own in known if (folder / own).read_bytes() != path.read_bytes()])
        content, others = path.read_bytes(), (folder / other).read_bytes()
        path.write_bytes(others)
        (folder / other).write_bytes(content)
        return [name, other] if manifest.MANIFEST not in (name, other) else [manifest.MANIFEST]
    many = [name for name in known if len((folder / name).read_bytes().splitlines()) > 1 and name not in (manifest.SIGNATURE, manifest.TIMESTAMP)]
    name = draw.choice(many)
    lines = (folder / name).read_bytes().splitlines(keepends=True)
    first, second = draw.sample([index for index, line in enumerate(lines)], 2)
    if lines[first] == lines[second]:
        lines[first] = b"x" + lines[first]
    lines[first], lines[second] = lines[second], lines[first]
    (folder / name).write_bytes(b"".join(lines))
    return [name]
