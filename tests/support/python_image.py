"""The root of a container with Debian's python3 and a shell: what stands in for python:3.11-slim where there is no registry.

Its pip installs nothing and says so: there is no index to reach while an image is built.
"""

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

PYTHON = Path("/usr/bin/python3")
APPLETS = ("sh", "cat", "id", "ls", "mkdir", "chmod", "chown")
SCRIPTS = {
    "usr/sbin/useradd": '#!/bin/sh\necho "$2:x:1000:1000::/home/$2:/bin/sh" >> /etc/passwd && mkdir /home/$2 && chown 1000 /home/$2\n',
    "usr/bin/pip": "#!/bin/sh\necho nothing is installed here: $@\n",
}
FILES = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n", "etc/shadow": "root:*:1::::::\n"}
NOT_NEEDED = re.compile(r"/(test|lib2to3|idlelib|ensurepip|turtledemo|config-3\.[^/]*|__pycache__|tkinter|pydoc_data)(/|$)")


def root():
    """A tar file of the root."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        program = PYTHON.resolve()
        library = Path("/usr/lib") / program.name
        for path in {program, *_shared(program), *(found for so in library.rglob("*.so") for found in _shared(so))}:
            tar.add(path.resolve(), str(path).lstrip("/"))
        tar.add(library, str(library).lstrip("/"), filter=lambda entry: None if NOT_NEEDED.search(f"/{entry.name}") else entry)
        tar.add(shutil.which("busybox"), "bin/busybox")
        links = {f"bin/{name}": "/bin/busybox" for name in APPLETS} | {"usr/bin/python": str(program), "usr/bin/python3": str(program)}
        for name, target in links.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        for name, text in {**FILES, **SCRIPTS}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755 if name in SCRIPTS else 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
        for folder in ("tmp", "proc", "sys", "dev", "home", "root"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o777 if folder == "tmp" else 0o755
            tar.addfile(entry)
    return packed.getvalue()


def _shared(program):
    """The shared libraries of a program, and what loads them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return {Path(path) for path in re.findall(r"(/\S+) \(0x", listed)}
