"""TheodoreLibrary: Theodore's use cases as keywords."""

from __future__ import annotations

from theodore_qa.library import Library
from TheodoreLibrary.keywords.accounts import AccountKeywords
from TheodoreLibrary.keywords.administration import AdministrationKeywords
from TheodoreLibrary.keywords.ai import AiKeywords
from TheodoreLibrary.keywords.dependency_faults import FaultKeywords
from TheodoreLibrary.keywords.discovery import DiscoveryKeywords
from TheodoreLibrary.keywords.expectations import ExpectationKeywords
from TheodoreLibrary.keywords.headers import HeaderKeywords
from TheodoreLibrary.keywords.lifecycle import LifecycleKeywords
from TheodoreLibrary.keywords.rate_limits import LimitKeywords
from TheodoreLibrary.keywords.real_services import RealServiceKeywords
from TheodoreLibrary.keywords.research import ResearchKeywords
from TheodoreLibrary.keywords.resilience import ResilienceKeywords
from TheodoreLibrary.keywords.self_reports import ReportKeywords
from TheodoreLibrary.keywords.sessions import SessionKeywords
from TheodoreLibrary.keywords.streams import ResearchStreamKeywords
from TheodoreLibrary.keywords.tenants import TenantKeywords


class TheodoreLibrary(Library):
    """Tests Theodore v2, the company intelligence system: sign-in and accounts, research, discovery,
    streams, AI providers, tenants, administration and limits. ApiLibrary has what any HTTP API is tested by.

    Which system is tested stands in an environment file; the variable ``THEODORE_ENVIRONMENT`` or
    ``theodore test --environment FILE`` picks it, and the embedded sandbox is the default.

    Each keyword that checks something records an observation: what was expected, what was observed, and PASS, FAIL or
    NOT EVALUATED. A test in which nothing was observed fails.

    ## Identities

    Keywords that talk to Theodore take ``identity``, a name from the environment file, and sign it in when needed. Without
    one, the first identity of the file is used. Passwords come from environment variables and never reach a log.

    ## Assertions

    ``Get ...`` keywords return a value, and compare it first when they are given an operator and an expected value:

    ```robotframework
    Get Research Status    ${research}    ==    completed
    ```
    """

    SYSTEM = "theodore"

    def __init__(self) -> None:
        """Import without arguments: the environment file says the rest."""
        super().__init__(
            [
                SessionKeywords(),
                AccountKeywords(),
                ResearchKeywords(),
                LifecycleKeywords(),
                ExpectationKeywords(),
                DiscoveryKeywords(),
                ResearchStreamKeywords(),
                AiKeywords(),
                FaultKeywords(),
                ResilienceKeywords(),
                TenantKeywords(),
                AdministrationKeywords(),
                ReportKeywords(),
                LimitKeywords(),
                HeaderKeywords(),
                RealServiceKeywords(),
            ]
        )
