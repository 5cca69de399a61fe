"""SecurityLibrary: probes that attack, and findings that hold."""

from __future__ import annotations

from SecurityLibrary.keywords.attacks import ScanningKeywords
from SecurityLibrary.keywords.external_tools import OtherToolsKeywords
from SecurityLibrary.keywords.protection import ProtectionKeywords
from theodore_qa.library import Library


class SecurityLibrary(Library):
    """Attacks an HTTP API in known ways, and tells what it found with the requests and answers that show it.

    It works on any system that the environment file describes by its URL, an OpenAPI document or a table of operations, and its
    identities. The environment must allow ``active_scan``; the system proves to be the one that is meant before the first hostile
    request.

    A finding rests on an effect that was observed twice: another answer, a call, another user's data, a changed record. A
    verdict states its coverage: the locations (operation and parameter) that were tried, of all that apply. What was skipped is
    listed with its reason, and an attack that could be tried nowhere is NOT EVALUATED.
    ``docs/SECURITY_CHECKLIST.md`` lists all probes.
    """

    SYSTEM = ""

    def __init__(self) -> None:
        """Import without arguments: the environment file says the rest."""
        scanning = ScanningKeywords()
        super().__init__([scanning, ProtectionKeywords(scanning), OtherToolsKeywords(scanning)])
