"""Whether a pack is what was sealed: every file that was changed, removed, added or put in another place is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa import signing
from theodore_qa.pack import attestation, chain, manifest
from theodore_qa.pack.manifest import ATTESTATION, MANIFEST, SEAL, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def problems(folder: Path, key: Path | None = None) -> list[str]:
    """A sentence for each difference between a pack and its manifest; none if it holds.

    Args:
        folder: of the pack.
        key: public key, from outside the pack; without it the signature is not looked at.

    Raises:
        UsageError: the key is none.
    """
    if not (folder / MANIFEST).is_file():
        return [f"MISSING {MANIFEST}: {folder} holds no sealed evidence pack."]
    try:
        text = (folder / MANIFEST).read_bytes().decode()
    except UnicodeDecodeError:
        text = ""
    listed, well_formed = manifest.entries(text)
    broken = [] if well_formed else [f"CHANGED {MANIFEST}: not each of its lines is a digest and a name."]
    names = [name for name, _ in listed]
    if names != sorted(set(names)):
        broken.append(f"REORDERED {MANIFEST}: its lines are not in the order of their names, each once.")
    differing = list(_files(folder, dict(listed)))
    found = [*broken, *differing, *_sealed(folder, holds=not broken and not differing)]
    if key:
        found += _signature(folder, key)
    return list(dict.fromkeys([*found, *chain.problems(folder)]))


def _files(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    there = set(manifest.files(folder))
    digests = {name: _digest(folder / name) for name in there & listed.keys()}
    wrong = {name: digest for name, digest in digests.items() if digest != listed[name]}
    for name in sorted(listed.keys() - there):
        yield f"MISSING {name}."
    for name in sorted(there - listed.keys()):
        yield f"ADDED {name}: the manifest does not name it."
    for name, digest in sorted(wrong.items()):
        other = next((other for other, own in listed.items() if own == digest and other != name), "")
        yield f"SWAPPED {name}: it holds what {other} held." if other else f"CHANGED {name}."


def _digest(path: Path) -> str:
    return manifest.digest(path) if path.is_file() and not path.is_symlink() else ""


def _sealed(folder: Path, *, holds: bool) -> Iterator[str]:
    """What is wrong with the seal; ``holds`` is whether the manifest fits all files, so that the seal is what changed."""
    if not (folder / SEAL).is_file():
        yield f"MISSING {SEAL}."
        return
    if (folder / SEAL).read_bytes() == manifest.seal_text(folder).encode():
        return
    listed, well_formed = manifest.entries((folder / SEAL).read_bytes().decode(errors="replace"))
    sealed = dict(listed)
    if not well_formed or MANIFEST not in sealed:
        yield f"CHANGED {SEAL}."
        return
    there = {name: manifest.digest(folder / name) for name in manifest.SEALED if (folder / name).is_file()}
    beside = [name for name in manifest.SEALED[1:] if sealed.get(name) != there.get(name)]
    for name in beside:
        if name not in there:
            yield f"MISSING {name}."
        else:
            yield f"{'CHANGED' if name in sealed else 'ADDED'} {name}, or its line in {SEAL} is another."
    if not beside and (sealed.get(MANIFEST) == there[MANIFEST] or holds):
        yield f"CHANGED {SEAL}."
    if sealed.get(MANIFEST) != there[MANIFEST] and not holds:
        yield f"CHANGED {MANIFEST}."


def _signature(folder: Path, key: Path) -> Iterator[str]:
    if not (folder / SIGNATURE).is_file():
        yield f"MISSING {SIGNATURE}: the pack is not signed."
    elif not signing.fits((folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes(), key):
        yield f"CHANGED {MANIFEST} or {SIGNATURE}: the signature does not fit the key {key.name}."
    if (folder / ATTESTATION).is_file() and not signing.fits(*attestation.signed(folder / ATTESTATION), key):
        yield f"CHANGED {ATTESTATION}: its signature does not fit the key {key.name}."
