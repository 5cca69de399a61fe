"""Where a visitor is led: an address of choice in place of a page of the system's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.findings import Severity
from SecurityLibrary.probes.base import SlotProbe
from theodore_qa.errors import NotEvaluatedError, QaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.insertion_points import Slot
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

LEADING = re.compile(
    r"(?i)^(?:to|next|goto|go|dest|destination|target|continue|forward|back|url|uri|link)$|redirect|return|callback"
)


class OpenRedirect(SlotProbe):
    """A value says where the answer leads, to other sites too."""

    id = "open-redirect"
    title = "Open redirect"
    topic = "injection"
    severity = Severity.MEDIUM
    cwe = 601
    owasp = ("A01:2021", "A01:2025")
    tier = 2
    sends = (
        "the address of a made-up site in place of where a redirect leads: in full, without its scheme, with a backslash, and "
        "behind the good value; at the sign-in too, with the right password"
    )
    decides = "the answer leads to that site, twice, with other names"
    bad = "return RedirectResponse(next)"
    good = 'return RedirectResponse(next if re.fullmatch(r"/[\\w-][\\w/-]*", next) else "/")'
    mend = "Lead only to paths of the system's own, or to addresses of a list; // and /\\ begin another host."

    rough = False
    FORMS = ("https://{host}/", "//{host}/", "/\\{host}/", "/\t/{host}/", "https:{host}/", "{value}.{host}/", "{value}@{host}/")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """What may lead somewhere, then the sign-in."""
        door = scan.authenticator.operation
        led = [slot for slot in scan.plan.insertion_points(self.id) if self.applies(slot)]
        if not led:
            raise NotEvaluatedError("no value says where an answer leads")
        yield from scan.over_insertion_points(
            self.id, lambda slot: slot in led and str(slot.operation) != door, self.look, free_text=self.rough
        )
        for slot in led:
            if str(slot.operation) == door and (found := self._at_the_door(scan, slot)):
                yield found

    def applies(self, slot: Slot) -> bool:
        """What is named so, and what stands in the address that an answer leads to."""
        location = slot.controls[0].location
        return slot.textual and bool(LEADING.search(slot.parameter.name) or (location and str(slot.value) in location))

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try each form."""
        return self._forms(slot, lambda value: scan.sender.put(slot, value), scan)

    def _at_the_door(self, scan: Scan, slot: Slot) -> Finding | None:
        """Sign in rightly: only then a sign-in leads anywhere."""
        person = next(iter(scan.target.accounts), None)
        if person is None:
            return None
        name, query = slot.parameter.name, slot.parameter.location == "query"

        def enter(value: str) -> Exchange:
            more, asked = ({}, {name: value}) if query else ({name: value}, {})
            return scan.sender.try_sign_in(person.username, person.password(), more=more, query=asked)

        try:
            found = self._forms(slot, enter, scan)
        except QaError as error:
            scan.coverage.skip(self.id, slot.place, str(error))
            return None
        scan.coverage.tried(self.id, slot.place)
        return found

    def _forms(self, slot: Slot, send: Callable[[str], Exchange], scan: Scan) -> Finding | None:
        for form in self.FORMS:
            if "{value}" in form and not str(slot.value).startswith("http"):
                continue
            answers = []
            for _ in range(2):
                host = f"qa{scan.random.number()}.example"
                answer = send(form.format(host=host, value=str(slot.value).rstrip("/")))
                if not _host(answer.location).endswith(host):
                    break
                answers.append(answer)
            else:
                told = form.format(host="evil.example", value=slot.value)
                return self.finding(slot.place, f"the answer leads to another site, as for '{told}'", *answers)
        return None


def _host(location: str) -> str:
    """The host to which a browser goes: it takes a backslash for a slash and leaves tabs and line breaks out."""
    plain = re.sub(r"[\t\r\n]", "", location.strip()).replace("\\", "/")
    match = re.match(r"(?i)(?:https?:/*|//+)([^/?#]*)", plain)
    return match[1].rpartition("@")[2].partition(":")[0] if match else ""
