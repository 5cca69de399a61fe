"""How data is kept: no secret in clear in the files of a store, none in a log, nothing anonymised that leads back."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, TYPE_CHECKING

from SecurityLibrary.canaries import canary_secrets
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.exposure import sensitive_data
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from SecurityLibrary.canaries.canary_secrets import CanarySecrets
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from SecurityLibrary.target import Target

LARGEST = 500_000_000
Texts = list[tuple[str, str]]


class FileProbe(Probe):
    """Secrets are planted by using the API, and looked for in files."""

    topic = "storage"
    expected: ClassVar[str] = ""
    entry: ClassVar[str] = ""
    what: ClassVar[str] = ""

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Plant, then look."""
        files = self.files(scan.target)
        if not files:
            raise NotEvaluatedError(f"the description names no {self.what} ('{self.entry}')")
        planted = canary_secrets.plant(scan.target, scan.client, make=scan.allow_changes)
        texts = read(files)
        hits = self.hits(texts, planted)
        if not hits:
            self.reached(texts, planted)
        for name, _ in texts:
            scan.coverage.tried(self.id, name)
        yield from self.found(hits)

    def found(self, hits: Texts) -> list[Finding]:
        """A finding for each file that holds secrets."""
        by_file: dict[str, list[str]] = {}
        for file, secret in dict.fromkeys(hits):
            by_file.setdefault(file, []).append(secret)
        return [self.finding(file, f"in clear or a simple encoding: {', '.join(held)}") for file, held in by_file.items()]

    def files(self, api: Target) -> Sequence[str]:
        """Where to look."""
        return tuple(getattr(api, self.entry))

    def hits(self, texts: Texts, planted: CanarySecrets) -> Texts:
        """File and secret, for each secret that stands in a file."""
        return sensitive_data.planted(texts, planted.secrets)

    def reached(self, texts: Texts, planted: CanarySecrets) -> str:
        """What shows that these are the files in which such things stand; an error if nothing does."""
        raise NotImplementedError


class AtRest(FileProbe):
    """Passwords or keys stand in the files of a store as they are."""

    id = "at-rest"
    title = "Secrets are kept in clear"
    severity = Severity.HIGH
    cwe = 312
    owasp = ("A02:2021", "A04:2025")
    sends = "sign-ins, and where the API makes keys ('plant'), one that is made for it"
    oracle = "a password or the key stands in the files, in clear, base64 or hexadecimal"
    bad = "accounts.insert(name=name, password=password)"
    good = "accounts.insert(name=name, digest=scrypt(password, salt))"
    remediation = "Keep salted digests of passwords and of keys, and encrypt what has to be read again."
    expected = "no password and no key in clear"
    entry = "stores"
    what = "files of a store"

    def reached(self, texts: Texts, planted: CanarySecrets) -> str:
        """Names of identities, or the key's identifier."""
        seen = [name for name in planted.known if any(name in text for _, text in texts)]
        if not seen:
            raise NotEvaluatedError("0 texts that a store has to keep were found in the files")
        return f"{len(seen)} of {len(planted.known)} known texts found"


class Logs(FileProbe):
    """A log holds passwords, tokens or keys."""

    id = "logs"
    title = "Secrets in logs"
    severity = Severity.HIGH
    cwe = 532
    owasp = ("A09:2021", "A09:2025")
    sends = "right and wrong sign-ins, a token in a header and in an address"
    oracle = "one of them stands in the log, or a key, token or card number of a known form"
    bad = 'log.info("sign-in of %s with %s", name, password)'
    good = 'log.info("sign-in of %s refused", name)'
    remediation = "Log who did what, never with what; filter addresses and headers before they are logged."
    expected = "no password, token or key"
    entry = "logs"
    what = "log files"

    def hits(self, texts: Texts, planted: CanarySecrets) -> Texts:
        """What was planted, and what looks like a secret."""
        others = [(file, f"a {kind}") for file, text in texts for kind in sensitive_data.found_in(text)]
        return [*super().hits(texts, planted), *others]

    def reached(self, texts: Texts, planted: CanarySecrets) -> str:
        """The path that was asked for."""
        if not any(planted.mark in text for _, text in texts):
            raise NotEvaluatedError(f"the request {planted.mark} is not in the logs")
        return f"request {planted.mark} logged"


class Anonymised(Probe):
    """What was anonymised leads back to its original."""

    id = "anonymised"
    title = "Anonymisation can be undone"
    topic = "storage"
    severity = Severity.MEDIUM
    cwe = 359
    owasp = ("A02:2021", "A04:2025")
    tier = 2
    sends = "nothing: an original and what the system made of it are compared"
    oracle = "it holds the original, is an encoding of it, its digest without a salt, or a mask that shows more than half of it"
    bad = "user = hashlib.sha256(email.encode()).hexdigest()"
    good = "user = hmac.digest(key, email.encode(), 'sha256').hex()  # the key stands elsewhere"
    remediation = "Use random names in place of the original, or a digest with a secret key that is kept elsewhere."

    def run(self, scan: Scan) -> Iterator[Finding]:  # noqa: ARG002  # it looks at values, not at an API
        """Only by its keyword, which takes the values."""
        raise NotApplicableError("it takes two values: Anonymised Value Should Not Be Reversible")


def read(files: Sequence[str]) -> Texts:
    """The bytes of files as texts, whatever they are, with their names."""
    return [(Path(file).name, _text(Path(file))) for file in files]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"The file {path} is larger than {LARGEST // 1_000_000} MB.")
        return path.read_bytes().decode("latin-1")
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
