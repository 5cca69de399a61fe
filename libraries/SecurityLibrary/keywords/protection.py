"""Keywords about data on its way, at rest, in logs and in what was anonymised; and about what the system is built of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from SecurityLibrary.keywords.attacks import ScanningKeywords
    from SecurityLibrary.probes.storage import FileProbe

MOST_LISTED = 5


class ProtectionKeywords:
    """What keeps data safe beside the API itself; what is wrong is a finding like those of scans."""

    def __init__(self, scanning: ScanningKeywords) -> None:
        self.scanning = scanning

    @keyword(tags=("security", "transport"))
    def transport_should_be_encrypted(self, url: str | None = None, *, ca: str | None = None) -> None:
        """Checks the TLS of a server: its versions, its ciphers, its certificate, and that it asks browsers to stay (HSTS).

        TLS 1.2 and 1.3 are acceptable; older versions and ciphers such as RC4, 3DES and NULL are not (source: RFC 8996, RFC
        9325). The certificate has to be valid now, made out to the host, and signed by a trusted certificate authority, with 2048
        bits (RSA) or 224 (EC). An address without TLS fails. Needs the extra ``tls``.

        Args:
            url: An address that begins with https://, by default the system's ``tls.url`` or ``url``.
            ca: The file of a private CA; public certificate authorities are trusted by default.

        Example:

        ```robotframework
        Transport Should Be Encrypted
        ```
        """
        from SecurityLibrary.external_tools import tls_server
        from SecurityLibrary.probes.tls import ALL

        system = context.system
        tls = system.tls
        url = url or (tls.url if tls else "") or system.url
        ca = ca or (tls.ca if tls else None)
        checks = Checks("Transport", url)
        if not url.startswith("https://"):
            tls_server.demand_of_sandbox(system)
            recorder.exchanged()
            checks.that("security.tls", False, "an address with https://", f"{url}, no TLS")
            checks.conclude()
        system.client.refuse_foreign(url)
        offer = tls_server.offered(url, Path(ca) if ca else None)
        recorder.exchanged()
        checks.that("security.tls", bool(offer.versions), "TLS", ", ".join(offer.versions) or "none", n=len(tls_server.VERSIONS))
        for probe in (probe() for probe in ALL):
            try:
                wrong = probe.wrong(offer)
            except NotEvaluatedError as error:
                checks.not_evaluated(f"security.{probe.id}", probe.expected, str(error))
                continue
            checks.that(f"security.{probe.id}", not wrong, probe.expected, wrong or probe.seen(offer))
            self.scanning.add([probe.finding(url, wrong)] if wrong else [])
        checks.conclude()

    @keyword(tags=("security", "storage"))
    def stores_should_hold_no_plain_secrets(self, *files: str) -> None:
        """Checks that no password of an identity, and no key that the API has just made, stands in the files of a store.

        What has to be there is looked for first: names of identities, and the key's identifier. Files in which nothing of that
        stands are not those of the store, or are encrypted as a whole: then this is NOT EVALUATED unless something was found.

        Args:
            files: The files of the store, by default the system's ``stores``.

        Example:

        ```robotframework
        Stores Should Hold No Plain Secrets
        ```
        """
        from SecurityLibrary.probes.storage import AtRest

        self._look_into(AtRest(), files)

    @keyword(tags=("security", "logs"))
    def logs_should_hold_no_secrets(self, *files: str) -> None:
        """Signs in rightly and wrongly, uses tokens, and checks that neither passwords nor tokens stand in the log files.

        A path that was asked for has to be found in the logs first, else this is NOT EVALUATED: nothing was logged. Besides what
        was planted, keys, tokens and card numbers of known forms are looked for.

        Args:
            files: The log files, by default the system's ``logs``.

        Example:

        ```robotframework
        Logs Should Hold No Secrets
        ```
        """
        from SecurityLibrary.probes.storage import Logs

        self._look_into(Logs(), files)

    @keyword(tags=("security", "privacy"))
    def anonymised_value_should_not_be_reversible(self, original: str, anonymised: str) -> None:
        """Checks that an anonymised value does not lead back to its original in a simple way.

        It must not hold the original, nor be its base64, its reverse or rot13, nor its digest without a salt (md5, sha1, sha256
        and others, also cut): who has a list of candidates finds the original of those. No more than half of the characters of a
        mask may still stand (source: Art. 4(5) GDPR; WP29 Opinion 05/2014 on anonymisation).

        Args:
            original: Such as an e-mail address.
            anonymised: What the system made of it and has handed out.

        Example:

        ```robotframework
        ${profile} =    Sign In    analyst
        Anonymised Value Should Not Be Reversible    ${profile}[username]    user-7f3a
        ```
        """
        from SecurityLibrary.exposure import sensitive_data
        from SecurityLibrary.probes.storage import Anonymised

        if not original.strip() or not anonymised.strip():
            raise UsageError("The original and the anonymised value must not be empty.")
        checks = Checks("Anonymised", anonymised[:20])
        way = sensitive_data.reversal(original, anonymised)
        checks.that(
            "security.anonymised",
            not way,
            "no simple way back to the original",
            way or "no match among encodings, digests and masks",
        )
        self.scanning.add([Anonymised().finding(anonymised[:20], way)] if way else [])
        checks.conclude()

    @keyword(tags=("security", "dependencies"))
    def dependencies_should_have_no_known_vulnerabilities(
        self, source: str = "installed", *, advisories_in: str = "osv", at_most: str = "info", accepted_in: str | None = None
    ) -> None:
        """Looks packages up in a database of advisories and checks that none of their versions is known to be vulnerable.

        A database that cannot be asked makes this NOT EVALUATED, never clean.

        Args:
            source: ``installed`` (the default), a ``uv.lock``, or a file of pinned requirements.
            advisories_in: ``osv`` asks api.osv.dev; else a folder of advisories in the OSV format.
            at_most: The worst acceptable severity; info by default.
            accepted_in: A YAML file of accepted findings, ``variables/accepted-findings.yaml`` by default.

        Example:

        ```robotframework
        Dependencies Should Have No Known Vulnerabilities    installed    advisories_in=advisories
        ```
        """
        from SecurityLibrary.external_tools import advisories
        from SecurityLibrary.findings import accepted
        from SecurityLibrary.findings.finding import merged, Severity

        worst = Severity.named(at_most)
        given = advisories.packages(source)
        checks = Checks("Dependencies", source)
        expected = f"no known vulnerability in {plural(len(given), 'package')}"
        try:
            found = accepted.applied(merged(advisories.known(given, advisories_in)), accepted.load(accepted_in))
        except NotEvaluatedError as error:
            checks.not_evaluated("security.dependencies", expected, str(error))
        else:
            recorder.exchanged()
            self.scanning.add(found)
            bad = [finding for finding in found if finding.severity > worst and not finding.accepted]
            checks.that(
                "security.dependencies",
                not bad,
                expected,
                "; ".join(map(str, bad[:MOST_LISTED])) or f"0 of {len(given)} packages",
                n=len(given),
            )
        checks.conclude()

    @keyword(tags=("security", "dependencies"))
    def system_should_have_no_vulnerable_dependencies(self, *, at_most: str = "high", accepted_in: str | None = None) -> None:
        """Looks up what the system under test is made of, and checks that no version of it is known to be vulnerable.

        ``dependencies`` of its description names lock files, SBOMs or package lists of images, and the advisories. Without a
        list, with a component of which the list does not tell what it is, or with advisories that cannot be looked up, this is
        NOT EVALUATED, never clean.

        Args:
            at_most: The worst acceptable severity; with the default ``high`` nothing critical.
            accepted_in: A YAML file of accepted findings, ``variables/accepted-findings.yaml`` by default.

        Example:

        ```robotframework
        System Should Have No Vulnerable Dependencies    at_most=medium
        ```
        """
        from SecurityLibrary.external_tools import component_lists
        from SecurityLibrary.findings import accepted
        from SecurityLibrary.findings.finding import merged, Severity

        worst, system = Severity.named(at_most), context.system
        checks, check = Checks("Dependencies", system.name), "security.dependencies"
        declared, expected = system.entry.dependencies, f"no vulnerability above {at_most}"
        if declared is None:
            system.lacks(checks, check, expected, "the environment names no list of what it is made of", "dependencies")
            checks.conclude()
            return
        try:
            components = {part for name in declared.lists for part in component_lists.read(system.folder / name)}
        except UsageError as error:  # on the tester's side
            system.lacks(checks, check, expected, str(error).rstrip("."), "dependencies.lists")
            checks.conclude()
            return
        recorder.exchanged()  # the lists are what the system says of itself
        folder = declared.advisories
        advisories_in = "osv" if folder in ("", "osv") else str(system.folder / folder)
        try:
            found = accepted.applied(merged(component_lists.known(components, advisories_in)), accepted.load(accepted_in))
        except NotEvaluatedError as error:
            system.lacks(checks, check, expected, str(error), "dependencies.advisories")
            checks.conclude()
            return
        self.scanning.add(found)
        bad = [finding for finding in found if finding.severity > worst and not finding.accepted]
        unknown = sorted(part.name for part in components if not part.ecosystem)
        if unknown and not bad:
            reason = f"{plural(len(unknown), 'component')} cannot be looked up: {', '.join(unknown[:MOST_LISTED])}"
            system.lacks(checks, check, expected, reason, "dependencies.unknown")
        else:
            clean = f"{len(found)} lesser or accepted ones in {plural(len(components), 'package')}"
            observed = "; ".join(map(str, bad[:MOST_LISTED])) or clean
            checks.that(check, not bad, expected, observed, n=len(components) - len(unknown))
        checks.conclude()

    def _look_into(self, probe: FileProbe, files: Sequence[str]) -> None:
        """Plant secrets by using an API, look for them in files, and judge."""
        from SecurityLibrary import target
        from SecurityLibrary.canaries import canary_secrets
        from SecurityLibrary.probes import storage

        api = target.described()
        paths = files or probe.files(api)
        check = f"security.{probe.id}"
        checks = Checks(probe.what.capitalize(), ", ".join(Path(path).name for path in paths) or probe.entry)
        if not paths:
            api.system.lacks(
                checks, check, probe.expected, f"the environment names no {probe.what} ('{probe.entry}')", probe.entry
            )
            checks.conclude()
        api.system.permit("active_scan")
        client = api.client()
        try:
            planted = canary_secrets.plant(api, client, make=context.environment.allow.destructive)
        finally:
            client.close()
        recorder.exchanged()
        texts = storage.read(paths)
        number = len(planted.secrets)
        if hits := probe.hits(texts, planted):
            observed = "; ".join(f"{secret} in {file}" for file, secret in list(dict.fromkeys(hits))[:MOST_LISTED])
            checks.that(check, False, probe.expected, observed, n=number)
            self.scanning.add(probe.found(hits))
            checks.conclude()
        try:
            seen = probe.reached(texts, planted)
        except NotEvaluatedError as error:
            checks.not_evaluated(check, probe.expected, str(error))
        else:
            checks.that(check, True, probe.expected, f"0 of {number} canary secrets found; {seen}", n=number)
        checks.conclude()
