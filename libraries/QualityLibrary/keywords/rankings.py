"""Keywords that score rankings by precision and recall."""

from __future__ import annotations

from robotlibcore import keyword

from QualityLibrary import retrieval
from QualityLibrary.keywords.records import observed
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural


class RankingKeywords:
    """Precision and recall of rankings."""

    @keyword(tags=("quality",))
    def rankings_should_be_good(
        self,
        found: dict[str, list[str]],
        relevant: dict[str, list[str]],
        *,
        k: int = 3,
        precision: float = 0.8,
        recall: float = 0.8,
    ) -> None:
        """Checks precision at k and recall over several queries, and shows their Wilson intervals at 95 %.

        Queries are pooled: each rank, and each relevant name, counts once.

        Args:
            found: The names that were found, the best first, by query.
            relevant: The names that should be found, by query.
            k: The number of ranks that count for precision; 3 by default, and fewer where fewer names are relevant.
            precision: The least share of these ranks that relevant names take, from 0 to 1; 0.8 by default.
            recall: The least share of relevant names that are found, from 0 to 1; 0.8 by default.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe
        ${names} =    Get Discovered Companies    ${discovery}
        ${similar} =    Get Similar Companies    Stripe
        VAR    &{found}    Stripe=${names}
        VAR    &{relevant}    Stripe=${similar}
        Rankings Should Be Good    ${found}    ${relevant}    recall=0.5
        ```
        """
        if not relevant or set(found) != set(relevant):
            raise UsageError(
                f"The queries differ: found for {', '.join(found) or 'none'}, relevant for {', '.join(relevant) or 'none'}."
            )
        if k < 1 or any(not names for names in relevant.values()):
            raise UsageError("k must be at least 1, and each query needs at least one relevant name.")
        rows = []
        precisions, recalls = [], []
        for query, names in found.items():
            relevant_names = set(relevant[query])
            precisions.append(retrieval.precision_at(k, list(names), relevant_names))
            recalls.append(retrieval.recall(list(names), relevant_names))
            rows.append(
                (query, ", ".join(names), ", ".join(sorted(relevant_names - set(names))) or "none", precisions[-1], recalls[-1])
            )
        log_table("Rankings", ("Query", "Found", "Missing", f"Precision at {k}", "Recall"), rows)
        checks = Checks("Rankings", plural(len(found), "query"))
        observed(checks, found, found)
        for name, least, shares in ((f"precision_at_{k}", precision, precisions), ("recall", recall, recalls)):
            whole = retrieval.pooled(shares)
            checks.that(f"quality.{name}", whole.value >= least, f"at least {least:.0%}", whole, n=whole.tried)
        checks.conclude()
