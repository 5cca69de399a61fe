"""Credit that is spent several times by requests at once, of an account on which nothing of the scan stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.authorization import moved_totals
from SecurityLibrary.coverage import NotApplicableError
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

LEAST = 8  # of a credit, so that what was spent shows
MOST_READS = 3


def overspent(
    scan: Scan,
    operation: ScanOperation,
    amount: InsertableParameter,
    account: Identity,
    together: Callable[[Callable[[], Exchange]], list[Exchange]],
) -> tuple[str, list[Exchange]] | None:
    """What was observed where requests at once spend more than there is, and the answers; None where they do not.

    Each asks for more than half of the credit; one that asks for more than all of it has to be refused.

    Raises:
        NotApplicableError: No credit goes down with the amount, or more than all of it may be spent.
        NotEvaluatedError: Nothing of the account may be spent, or too little is there.
    """

    def sent(number: int) -> Exchange:
        return scan.sender.send(operation, account, {amount: number}, patient=False)

    reads = [each for each in scan.plan.operations if each.method == "GET" and not each.admin and "{" not in each.path]
    read, place = _paying(scan, reads, sent, account)
    credit = int(moved_totals.left(scan, read, account)[place])
    if credit < LEAST:
        raise NotEvaluatedError(f"'{account.name}' has too little to spend ({credit})")
    if sent(credit + 1).ok:
        raise NotApplicableError("more may be spent than there is")
    share = credit // 2 + 1
    answers = together(lambda: sent(share))
    if any(not answer.status for answer in answers):
        raise NotEvaluatedError("requests at once were not answered")
    taken = [answer for answer in answers if answer.ok]
    after = moved_totals.left(scan, read, account).get(place)
    if len(taken) < 2:  # noqa: PLR2004  # one is right
        return None
    observed = f"{len(taken)} of {len(answers)} requests at once for {share} each are taken, of a credit of {credit}"
    return f"{observed}, which is {after:g} then" if after is not None else observed, taken[:2]


def _paying(
    scan: Scan, reads: list[ScanOperation], sent: Callable[[int], Exchange], account: Identity
) -> tuple[ScanOperation, str]:
    """What reads the credit that an amount is taken from, and its place in the answer: it goes down by 1, and by 1 again."""
    before = {each: moved_totals.left(scan, each, account) for each in reads}
    reads = [each for each in reads if before[each]][:MOST_READS]
    if not reads:
        raise NotApplicableError("it is done to no object that the API makes, and no credit is shown")
    seen = [before]
    for _ in range(2):
        answer = sent(1)
        if not answer.ok:
            raise NotEvaluatedError(f"to spend 1 was answered {answer.status}")
        seen.append({each: moved_totals.left(scan, each, account) for each in reads})
    for each in reads:
        for place, value in before[each].items():
            if [numbers[each].get(place) for numbers in seen] == [value, value - 1, value - 2]:
                return each, place
    raise NotApplicableError("no credit goes down with the amount")
