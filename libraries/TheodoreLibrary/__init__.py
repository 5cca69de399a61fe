"""TheodoreLibrary: Theodore's use cases as keywords."""

from __future__ import annotations

from theodore_qa.library import Library
from TheodoreLibrary.keywords.accounts import AccountKeywords
from TheodoreLibrary.keywords.addresses import AddressKeywords
from TheodoreLibrary.keywords.administration import AdministrationKeywords
from TheodoreLibrary.keywords.ai import AiKeywords
from TheodoreLibrary.keywords.analyses import AnalysisKeywords
from TheodoreLibrary.keywords.batch_concurrency import BatchConcurrencyKeywords
from TheodoreLibrary.keywords.batch_files import BatchFileKeywords
from TheodoreLibrary.keywords.batch_lists import BatchListKeywords
from TheodoreLibrary.keywords.batch_outcomes import BatchOutcomeKeywords
from TheodoreLibrary.keywords.batch_streams import BatchStreamKeywords
from TheodoreLibrary.keywords.batches import BatchKeywords
from TheodoreLibrary.keywords.command_documents import CommandDocumentKeywords
from TheodoreLibrary.keywords.command_effects import CommandEffectKeywords
from TheodoreLibrary.keywords.command_keys import CommandKeyKeywords
from TheodoreLibrary.keywords.command_line import CommandLineKeywords
from TheodoreLibrary.keywords.command_requests import CommandRequestKeywords
from TheodoreLibrary.keywords.converters import CONVERTERS
from TheodoreLibrary.keywords.credentials import CredentialKeywords
from TheodoreLibrary.keywords.dependency_faults import FaultKeywords
from TheodoreLibrary.keywords.discovery import DiscoveryKeywords
from TheodoreLibrary.keywords.durations import DurationKeywords
from TheodoreLibrary.keywords.exactness import ExactnessKeywords
from TheodoreLibrary.keywords.expectations import ExpectationKeywords
from TheodoreLibrary.keywords.exploration import ExplorationKeywords
from TheodoreLibrary.keywords.export_choices import ExportChoiceKeywords
from TheodoreLibrary.keywords.export_options import ExportOptionKeywords
from TheodoreLibrary.keywords.exports import ExportKeywords
from TheodoreLibrary.keywords.headers import HeaderKeywords
from TheodoreLibrary.keywords.honesty import HonestyKeywords
from TheodoreLibrary.keywords.lifecycle import LifecycleKeywords
from TheodoreLibrary.keywords.plugins import PluginKeywords
from TheodoreLibrary.keywords.rate_limits import LimitKeywords
from TheodoreLibrary.keywords.real_services import RealServiceKeywords
from TheodoreLibrary.keywords.research import ResearchKeywords
from TheodoreLibrary.keywords.resilience import ResilienceKeywords
from TheodoreLibrary.keywords.samples import SampleKeywords
from TheodoreLibrary.keywords.self_reports import ReportKeywords
from TheodoreLibrary.keywords.sessions import SessionKeywords
from TheodoreLibrary.keywords.streams import ResearchStreamKeywords
from TheodoreLibrary.keywords.suggestions import SuggestionKeywords
from TheodoreLibrary.keywords.tenants import TenantKeywords
from TheodoreLibrary.keywords.webhooks import WebhookKeywords


class TheodoreLibrary(Library):
    """Tests Theodore v2, the company intelligence system: sign-in and accounts, research, discovery,
    batches, exports, streams, AI providers, tenants, administration and limits. ApiLibrary has keywords for any HTTP API.

    An environment file names the system under test. The variable ``THEODORE_ENVIRONMENT`` or
    ``theodore test --environment FILE`` picks it, and the embedded sandbox is the default.

    Each check records an observation: the expected condition, the observed value, the number of answers or items that were
    looked at (n), and the verdict PASS, FAIL or NOT EVALUATED. A test in which nothing was observed fails.

    ## Identities

    Keywords that talk to Theodore take ``identity``, a name in the environment file, and sign it in when it first needs a
    token. Without a name they use the first identity of the file. Passwords come from environment variables and never reach a
    log.

    ## Assertions

    ``Get ...`` keywords return a value. With an operator and an expected value they compare it first:

    ```robotframework
    Get Research Status    ${research}    ==    completed
    ```
    """

    SYSTEM = "theodore"
    ROBOT_LIBRARY_CONVERTERS = CONVERTERS

    def __init__(self) -> None:
        """Import without arguments: the environment file describes the system."""
        super().__init__(
            [
                SessionKeywords(),
                AccountKeywords(),
                CredentialKeywords(),
                ResearchKeywords(),
                LifecycleKeywords(),
                AddressKeywords(),
                ExpectationKeywords(),
                SampleKeywords(),
                DiscoveryKeywords(),
                AnalysisKeywords(),
                DurationKeywords(),
                ExactnessKeywords(),
                SuggestionKeywords(),
                BatchKeywords(),
                BatchOutcomeKeywords(),
                BatchFileKeywords(),
                BatchListKeywords(),
                BatchConcurrencyKeywords(),
                BatchStreamKeywords(),
                WebhookKeywords(),
                ExportKeywords(),
                ExportChoiceKeywords(),
                ExportOptionKeywords(),
                ResearchStreamKeywords(),
                AiKeywords(),
                HonestyKeywords(),
                FaultKeywords(),
                ResilienceKeywords(),
                TenantKeywords(),
                AdministrationKeywords(),
                PluginKeywords(),
                ReportKeywords(),
                LimitKeywords(),
                HeaderKeywords(),
                ExplorationKeywords(),
                RealServiceKeywords(),
                CommandLineKeywords(),
                CommandKeyKeywords(),
                CommandEffectKeywords(),
                CommandRequestKeywords(),
                CommandDocumentKeywords(),
            ]
        )
