"""Keywords for researches of addresses instead of names."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError, UsageError


class AddressKeywords:
    """Addresses that researches read."""

    @keyword(tags=("research", "precondition"))
    def permit_address(self, address: str) -> None:
        """Lets researches read an address of the inner network, which a sound system refuses by itself.

        A sandbox permits it by its control port, until it is reset. For other systems whoever runs them does it: nothing is sent.

        Args:
            address: The address of a site, such as ``http://127.0.0.1:8080``.

        Raises:
            UsageError: It is no address.
            QaError: The control port refuses it.

        Example:

        ```robotframework
        ${canary} =    Canary Company
        Permit Address    ${canary.address}
        ${research} =    Research Company    ${canary.name}    website=${canary.address}
        Get Research Status    ${research}    ==    completed
        ```
        """
        system, place = context.system, urlsplit(address).netloc
        if not place:
            raise UsageError(f"'{address}' is no address: write one such as http://127.0.0.1:8080.")
        if not system.entry.control:
            return
        body = json.dumps(place).encode()
        answer = system.beside(system.entry.control).send("PUT", "/permitted", {"Content-Type": "application/json"}, body)
        if not answer.ok:
            observed = answer.problem or f"status {answer.status}"
            raise QaError(f"The address {address} could not be permitted by the control port: {observed}.")
