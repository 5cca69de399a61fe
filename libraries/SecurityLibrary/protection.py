"""Keywords about data on its way, at rest, in logs and in what was anonymised; and about what the system is built of."""

from __future__ import annotations

from pathlib import Path

from robotlibcore import keyword

from theodore_qa.checks import Checks
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.http import Http
from theodore_qa.observations import recorder

LARGEST = 500_000_000
SHOWN = 5


class ProtectionKeywords:
    """What keeps data safe beside the API itself."""

    @keyword(tags=("security", "transport"))
    def transport_should_be_encrypted(self, url: str | None = None, *, ca: str | None = None) -> None:
        """Checks the TLS of a server: its versions, its ciphers, its certificate, and that it asks browsers to stay (HSTS).

        | =Argument= | =Meaning= |
        | ``url`` | an address that begins with https://, by default the environment's ``tls`` or ``theodore.url`` |
        | ``ca`` | the file of an own authority; the public ones are trusted by default |

        TLS 1.2 and 1.3 are well, older versions and ciphers such as RC4, 3DES and NULL are not (source: RFC 8996, RFC 9325). The
        certificate has to be valid now, made out to the host, signed by a trusted authority, with 2048 bits (RSA) or 224 (EC).
        An address without TLS fails. Needs sslyze: ``pip install 'robotframework-theodore[tls]'``.

        Example:
        | Transport Should Be Encrypted
        """
        from SecurityLibrary import transport

        environment = context.environment
        url = url or environment.tls or environment.url
        ca = ca or environment.tls_ca
        checks = Checks("Transport", url)
        if not url.startswith("https://"):
            recorder.exchanged()
            checks.that("security.tls", False, "an address with https://", f"{url}, without encryption")
            checks.conclude()
        context.http.refuse_foreign(url)
        offer = transport.offered(url, Path(ca) if ca else None)
        recorder.exchanged()
        old = [one for one in offer.versions if one in transport.OLD]
        checks.that("security.tls", bool(offer.versions), "TLS", ", ".join(offer.versions) or "none", n=len(transport.VERSIONS))
        checks.that(
            "security.tls-versions", not old, "no version before TLS 1.2", ", ".join(offer.versions), n=len(transport.VERSIONS)
        )
        weak = ", ".join(offer.weak)
        checks.that("security.tls-ciphers", not offer.weak, "no weak cipher", weak or "none", n=len(offer.ciphers))
        wrong = "; ".join(offer.certificate)
        checks.that("security.tls-certificate", not offer.certificate, "a certificate that is right", wrong or offer.subject)
        verify: object = ca or True
        try:
            kept = Http(environment, url, verify=verify).request("GET", "/").headers.get("strict-transport-security", "")
        except NotEvaluatedError:
            raise
        except AssertionError as error:
            checks.not_evaluated("security.hsts", "Strict-Transport-Security", str(error))
        else:
            checks.that("security.hsts", "max-age=" in kept, "Strict-Transport-Security", kept or "none")
        checks.conclude()

    @keyword(tags=("security", "storage"))
    def stores_should_hold_no_plain_secrets(self, *files: str, api: str | None = None) -> None:
        """Checks that no password of an identity, and no key that the API has just made, stands in the files of a store.

        | =Argument= | =Meaning= |
        | ``files`` | the files of the store, by default the environment's ``stores`` |
        | ``api`` | the API whose identities and ``plant`` are meant; Theodore's own by default |

        What has to be there is looked for first: names of identities, and the key's identifier. Files in which nothing of that
        stands are not those of the store, or are encrypted as a whole: then this is NOT EVALUATED unless something was found.

        Example:
        | Stores Should Hold No Plain Secrets
        """
        from SecurityLibrary import planting, sensitive

        paths = [Path(one) for one in (files or context.environment.stores)]
        checks = Checks("At rest", ", ".join(path.name for path in paths) or "stores")
        expected = "no password and no key in clear"
        if not paths:
            waiver = context.waiver("stores")
            checks.not_evaluated(
                "security.at-rest", expected, "the environment names no files of a store ('stores')", str(waiver or "")
            )
            checks.conclude()
        planted = planting.plant(api)
        texts = [(path.name, _text(path)) for path in paths]
        hits = sensitive.planted(texts, planted.secrets)
        seen = [name for name in planted.known if any(name in text for _, text in texts)]
        told = "; ".join(f"{name} in {place}" for place, name in hits[:SHOWN])
        if hits:
            checks.that("security.at-rest", False, expected, told, n=len(planted.secrets))
        elif not seen:
            checks.not_evaluated("security.at-rest", expected, "nothing that has to be kept was found in the files")
        else:
            looked = f"none of {len(planted.secrets)}; {len(seen)} of {len(planted.known)} known texts were found"
            checks.that("security.at-rest", True, expected, looked, n=len(planted.secrets))
        checks.conclude()

    @keyword(tags=("security", "logs"))
    def logs_should_hold_no_secrets(self, *files: str, api: str | None = None) -> None:
        """Signs in rightly and wrongly, uses tokens, and checks that neither passwords nor tokens stand in the log files.

        | =Argument= | =Meaning= |
        | ``files`` | the log files, by default the environment's ``logs`` |
        | ``api`` | the API that is used; Theodore's own by default |

        A path that was asked for has to be found in the logs first, else this is NOT EVALUATED: nothing was logged. Besides
        what was planted, keys, tokens and card numbers of known forms are looked for.

        Example:
        | Logs Should Hold No Secrets
        """
        from SecurityLibrary import planting, sensitive

        paths = [Path(one) for one in (files or context.environment.logs)]
        checks = Checks("Logs", ", ".join(path.name for path in paths) or "logs")
        expected = "no password, no token, no key"
        if not paths:
            waiver = context.waiver("logs")
            checks.not_evaluated("security.logs", expected, "the environment names no log files ('logs')", str(waiver or ""))
            checks.conclude()
        planted = planting.plant(api)
        texts = [(path.name, _text(path)) for path in paths]
        hits = [f"{name} in {place}" for place, name in sensitive.planted(texts, planted.secrets)]
        hits += [f"a {kind} in {place}" for place, text in texts for kind in sensitive.found_in(text)]
        if hits:
            checks.that("security.logs", False, expected, "; ".join(dict.fromkeys(hits[:SHOWN])), n=len(planted.secrets))
        elif not any(planted.mark in text for _, text in texts):
            checks.not_evaluated("security.logs", expected, f"the request of {planted.mark} is not in the logs")
        else:
            checks.that("security.logs", True, expected, f"none of {len(planted.secrets)}", n=len(planted.secrets))
        checks.conclude()

    @keyword(tags=("security", "privacy"))
    def anonymised_value_should_not_be_reversible(self, original: str, anonymised: str) -> None:
        """Checks that an anonymised value does not lead back to its original in a simple way.

        | =Argument= | =Meaning= |
        | ``original`` | such as an e-mail address |
        | ``anonymised`` | what the system made of it and has handed out |

        It must not hold the original, nor be its base64, its reverse or rot13, nor its digest without a salt (md5, sha1, sha256
        and others, also cut): who has a list of candidates finds the original of those. No more than half of the characters of a
        mask may still stand (source: Art. 4(5) GDPR; WP29 Opinion 05/2014 on anonymisation).

        Example:
        | ${profile} =    Sign In    analyst
        | Anonymised Value Should Not Be Reversible    ${profile}[username]    user-7f3a
        """
        from SecurityLibrary import sensitive

        if not original.strip() or not anonymised.strip():
            raise UsageError("The original and the anonymised value must not be empty.")
        checks = Checks("Anonymised", anonymised[:20])
        way = sensitive.reversal(original, anonymised)
        checks.that("security.anonymised", not way, "no simple way back to the original", way or "none was found")
        checks.conclude()

    @keyword(tags=("security", "dependencies"))
    def dependencies_should_have_no_known_vulnerabilities(
        self, source: str = "installed", *, advisories_in: str = "osv", at_most: str = "info", accepted_in: str | None = None
    ) -> None:
        """Looks packages up in a database of advisories and checks that none of their versions is known to be vulnerable.

        | =Argument= | =Meaning= |
        | ``source`` | ``installed``, a ``uv.lock``, or a file of pinned requirements |
        | ``advisories_in`` | ``osv`` asks api.osv.dev; else a folder of advisories in the OSV format |
        | ``at_most`` | the worst severity that is still well |
        | ``accepted_in`` | a YAML file of accepted findings, ``variables/accepted-findings.yaml`` by default |

        A database that cannot be asked makes this NOT EVALUATED, never clean.

        Example:
        | Run Keyword And Expect Error    The file x.txt*    Dependencies Should Have No Known Vulnerabilities    x.txt
        """
        from SecurityLibrary import accepted, advisories
        from SecurityLibrary.findings import merged, Severity

        worst = Severity.named(at_most)
        given = advisories.packages(source)
        checks = Checks("Dependencies", source)
        expected = f"no known vulnerability in {len(given)} packages"
        try:
            found = accepted.applied(merged(advisories.known(given, advisories_in)), accepted.load(accepted_in))
        except NotEvaluatedError as error:
            checks.not_evaluated("security.dependencies", expected, str(error))
        else:
            recorder.exchanged()
            bad = [one for one in found if one.severity > worst and not one.accepted]
            checks.that("security.dependencies", not bad, expected, "; ".join(map(str, bad[:SHOWN])) or "none", n=len(given))
        checks.conclude()


def _text(path: Path) -> str:
    """The bytes of a file as a text, whatever they are."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"The file {path} is larger than {LARGEST // 1_000_000} MB.")
        return path.read_bytes().decode("latin-1")
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
