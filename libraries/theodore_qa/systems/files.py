"""Files and folders that testers name: YAML read whole, with an error that says where something is wrong."""

from __future__ import annotations

import errno
import json
import tempfile
from contextlib import contextmanager
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import FULL_DISK, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNWRITABLE = (*FULL_DISK, errno.EACCES, errno.EPERM, errno.EROFS)
LEAST_ROOM = 64 * 1024  # bytes; the smallest run writes more


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; an unreadable, empty or broken file is an error that says where."""
    data = read_any_yaml(path)
    if not isinstance(data, dict):
        raise UsageError(f"The file {path} is {'empty' if data is None else 'not a mapping of names to values'}.")
    return data


def read_any_yaml(path: Path) -> Any:
    """What is in a YAML file, a list too; an unreadable or broken file is an error that says where."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        try:
            data = yaml.load(text, Loader=_loader(yaml, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506  # a safe loader
        except yaml.YAMLError:  # the slow reader says what is wrong in better words
            data = yaml.load(text, Loader=_loader(yaml, yaml.SafeLoader))  # noqa: S506  # a safe loader
        json.dumps(data, default=str)  # what holds itself is no value
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The file {path} is not text in UTF-8: save it in UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"The file {path} is not valid YAML{where}: {getattr(error, 'problem', error)}.") from None
    except ValueError as error:  # a date that does not exist
        raise UsageError(f"The file {path} holds a value that is none: {error}.") from None
    return data


def writable_folder(folder: Path, advice: str) -> None:
    """Make a folder unless it is there; one that is full or cannot be written to is an error that ends with the advice."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * LEAST_ROOM)
    except OSError as error:
        raise _unwritable(folder, error, advice) from None


@contextmanager
def writing_to(folder: Path, advice: str) -> Iterator[None]:
    """Within, files are written to a folder; one that turns out to be full or protected is an error that ends with the advice."""
    try:
        yield
    except OSError as error:
        elsewhere = error.filename and not str(error.filename).startswith(str(folder))
        if error.errno not in UNWRITABLE or elsewhere:
            raise
        raise _unwritable(folder, error, advice) from None


def _unwritable(folder: Path, error: OSError, advice: str) -> UsageError:
    reason = "it is a file" if folder.is_file() else error.strerror
    return UsageError(f"Nothing can be written to the folder {folder} ({reason}): {advice[:1].lower()}{advice[1:]}.")


def _loader(yaml: Any, base: Any) -> Any:
    """A loader that refuses a name that stands twice, since the later one would silently win."""

    class Loader(base):  # type: ignore[misc]  # yaml is imported when it is needed
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names: set[str] = set()
            for key, _ in node.value:
                if key.value in names and key.tag != "tag:yaml.org,2002:merge":
                    raise yaml.constructor.ConstructorError(None, None, f"the name {key.value!r} stands twice", key.start_mark)
                names.add(str(key.value))
            return super().construct_mapping(node, deep)

    return Loader
