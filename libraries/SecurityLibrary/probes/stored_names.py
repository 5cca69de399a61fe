"""Files that are stored where their name, or a name in an archive, leads, or links that are followed: outside the folder."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from SecurityLibrary.canaries.canary_files import canary_files
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.injection import neighbouring_archives, served_folders
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof.effects import done
from SecurityLibrary.sending.request_building import is_file
from SecurityLibrary.values.sample_files import File, PICTURE, zipped
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.canaries.canary_files import CanaryFiles
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

UPWARDS = "../" * 8


class StoredNames(Probe):
    """The name of an uploaded file, or a name or a link in an uploaded archive, leads outside the folder for uploads."""

    id = "stored-names"
    title = "Uploads lead outside their folder"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 22
    owasp = ("A01:2021", "A01:2025")
    tier = 2
    changes = True
    sends = (
        "files whose names are ways up to a file of the scan's own, in full and from below; archives (ZIP, tar) with a good file "
        "and one of such a name; names that lead up to folders of files that the system serves, and to an earlier archive of the "
        "scan's own; links in archives to files of the scan's own and of an earlier archive"
    )
    oracle = (
        "two files of the scan's own are overwritten, and none by a file of a plain name; or two are served in the folder of "
        "others, and one of a plain name is not; or a file of the earlier archive holds what the later one has, twice; or "
        "what reads the link shows the file to which it leads, twice"
    )
    bad = "(folder / upload.filename).write_bytes(content); archive.extractall(folder)"
    good = 'name = uuid4().hex; archive.extractall(folder, filter="data")'
    remediation = (
        "Make names of the system's own for what is stored; extract only plain files whose resolved path lies in the folder."
    )

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try each place for a file, one after another."""
        locations = [
            (operation, each) for operation in scan.target.operations for each in operation.parameters if is_file(operation, each)
        ]
        if not locations:
            raise NotApplicableError("no operation takes files")
        folders = served_folders.folders(scan)
        with canary_files(scan) as files:
            for operation, parameter in locations:
                with scan.apart(self.id, f"{operation} {parameter}"):
                    if reason := scan.plan.skip_reason(operation):
                        raise NotEvaluatedError(reason)
                    if found := self._look(scan, operation, parameter, files, folders):
                        yield found

    def _look(
        self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter, files: CanaryFiles, folders: list[str]
    ) -> Finding | None:
        location, identity = f"{operation} {parameter}", scan.plan.identity_for(operation)
        taken = 0
        for what, made in FORMS.items():
            if not done(scan.sender.send(operation, identity, {parameter: made(f"qa-{scan.random.number()}.txt")})):
                continue  # files of this kind are not taken, whatever their names
            taken += 1
            for upwards in (UPWARDS, ""):
                answers: list[Exchange] = []
                for _ in range(2):
                    path, text = files.made()
                    sent = made(f"{upwards}{path.lstrip('/')}" if upwards else path)
                    answer = scan.sender.send(operation, identity, {parameter: sent})
                    if not files.changed(path, text):
                        break
                    answers.append(answer)
                if len(answers) == 2:  # noqa: PLR2004  # twice
                    return self.finding(location, f"two files of the scan's own were overwritten by the name of {what}", *answers)
        if not taken:
            raise NotEvaluatedError("no file of a plain name was taken")
        scan.coverage.tried(self.id, location)
        if read := neighbouring_archives.overwritten(scan, operation, parameter):
            observed = "a name in an archive leads into an earlier one, whose file it overwrote"
            return self.finding(location, observed, *read)
        if read := neighbouring_archives.followed(scan, operation, parameter, files):
            return self.finding(location, "a link in an archive is followed: the file to which it leads is read", *read)
        return self._served(scan, operation, parameter, folders)

    def _served(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter, folders: list[str]) -> Finding | None:
        """Files that are served from a folder of others."""
        for what, made in FORMS.items():

            def send(name: str, made: Callable[[str], File] = made) -> Exchange:
                return scan.sender.send(operation, scan.plan.identity_for(operation), {parameter: made(name)})

            if served := served_folders.reached(scan, folders, send):
                observed = f"two files are served where the name of {what} leads, outside the folder for uploads"
                return self.finding(f"{operation} {parameter}", observed, *served)
        return None


def _text(name: str) -> File:
    return File(name, b"qa", "text/plain")


def _picture(name: str) -> File:
    return File(name, PICTURE.content, PICTURE.media)


def _zip(name: str) -> File:
    return File("qa.zip", zipped("qa.txt", name), "application/zip")


def _tar(name: str) -> File:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:gz") as archive:
        for each in ("qa.txt", name):
            member = tarfile.TarInfo(each)
            member.size = 2
            archive.addfile(member, io.BytesIO(b"qa"))
    return File("qa.tar.gz", kept.getvalue(), "application/gzip")


FORMS: dict[str, Callable[[str], File]] = {
    "a text": _text,
    "a picture": _picture,
    "a file in a ZIP archive": _zip,
    "a file in a tar archive": _tar,
}
