"""Keywords that disturb the network of a link, by the proxy that stands on it."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any, Literal

from robotlibcore import keyword

from theodore_qa.errors import UsageError
from theodore_qa.faults import injection
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints

MINUTE = timedelta(minutes=1)
Stream = Literal["downstream", "upstream"]
HttpFault = Literal[
    "status", "hang", "rate_limit", "slow_body", "malformed_json", "truncated_json", "wrong_schema", "stale", "empty"
]


class NetworkKeywords:
    """Faults of connections and of HTTP answers."""

    @keyword(tags=("fault", "network"))
    def add_latency(
        self,
        link: str,
        latency: timedelta,
        *,
        jitter: timedelta = timedelta(0),
        stream: Stream = "downstream",
        share: float = 1.0,
        duration: timedelta = MINUTE,
    ) -> Fault:
        """Delays everything on a link; returns the fault.

        Undone by `Undo Fault`, when the test ends, or when whoever injected it is gone for 5 seconds.

        Args:
            link: A link of the environment, such as openai, web, vectors, store, or api for the clients' own.
            latency: How much later, such as 500 ms.
            jitter: By how much more or less at random; none by default.
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Add Latency    openai    500 ms
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        attributes = {"latency": _milliseconds(latency), "jitter": _milliseconds(jitter)}
        return self._toxic(link, "latency", attributes, stream, share, duration)

    @keyword(tags=("fault", "network"))
    def limit_bandwidth(
        self, link: str, rate: float, *, stream: Stream = "downstream", share: float = 1.0, duration: timedelta = MINUTE
    ) -> Fault:
        """Lets at most ``rate`` kilobytes a second through a link; returns the fault.

        Args:
            link: A link of the environment.
            rate: In KB/s (1000 bytes).
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Limit Bandwidth    web    rate=20
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        return self._toxic(link, "bandwidth", {"rate": rate}, stream, share, duration)

    @keyword(tags=("fault", "network"))
    def delay_closing(
        self,
        link: str,
        delay: timedelta,
        *,
        stream: Stream = "downstream",
        share: float = 1.0,
        duration: timedelta = MINUTE,
    ) -> Fault:
        """Passes the end of connections on later; returns the fault.

        Args:
            link: A link of the environment.
            delay: How much later, such as 2 s.
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Delay Closing    web    2 s
        ${research} =    Research Company    Slack
        Get Research Status    ${research}    ==    completed
        ```
        """
        return self._toxic(link, "slow_close", {"delay": _milliseconds(delay)}, stream, share, duration)

    @keyword(tags=("fault", "network"))
    def swallow_data(
        self,
        link: str,
        *,
        close_after: timedelta = timedelta(0),
        stream: Stream = "downstream",
        share: float = 1.0,
        duration: timedelta = MINUTE,
    ) -> Fault:
        """Lets nothing through, so that whoever waits runs into its time-out; returns the fault.

        Args:
            link: A link of the environment.
            close_after: When the connections are closed; only at the end by default.
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Swallow Data    openai
        ${research} =    Research Company    Slack
        Fallback Should Have Been Used    ${research}    openai    gemini
        Fault Should Have Touched    ${fault}
        ```
        """
        return self._toxic(link, "timeout", {"timeout": _milliseconds(close_after)}, stream, share, duration)

    @keyword(tags=("fault", "network"))
    def reset_connections(
        self,
        link: str,
        *,
        after: timedelta = timedelta(0),
        stream: Stream = "downstream",
        share: float = 1.0,
        duration: timedelta = MINUTE,
    ) -> Fault:
        """Resets the connections of a link (TCP RST); returns the fault.

        Args:
            link: A link of the environment.
            after: How long each connection lives; not at all by default.
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Reset Connections    openai
        ${research} =    Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        return self._toxic(link, "reset_peer", {"timeout": _milliseconds(after)}, stream, share, duration)

    @keyword(tags=("fault", "network"))
    def slice_data(
        self,
        link: str,
        size: int,
        *,
        delay: timedelta = timedelta(milliseconds=1),
        stream: Stream = "downstream",
        share: float = 1.0,
        duration: timedelta = MINUTE,
    ) -> Fault:
        """Cuts what comes over a link into small pieces; returns the fault.

        Args:
            link: A link of the environment.
            size: Bytes of a piece.
            delay: Between two pieces; 1 ms by default.
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Slice Data    search    size=20
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        attributes = {"average_size": size, "size_variation": 0, "delay": _milliseconds(delay) * 1000}
        return self._toxic(link, "slicer", attributes, stream, share, duration)

    @keyword(tags=("fault", "network"))
    def limit_data(
        self, link: str, size: int, *, stream: Stream = "downstream", share: float = 1.0, duration: timedelta = MINUTE
    ) -> Fault:
        """Closes each connection of a link after some bytes; returns the fault.

        Args:
            link: A link of the environment.
            size: Bytes that come through.
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Limit Data    vectors    size=100
        ${research} =    Research Company    Slack
        Job Should Be Honest    ${research}
        ```
        """
        return self._toxic(link, "limit_data", {"bytes": size}, stream, share, duration)

    @keyword(tags=("fault", "network", "data"))
    def corrupt_data(
        self,
        link: str,
        *,
        size: int = 1,
        probability: float = 1.0,
        stream: Stream = "downstream",
        share: float = 1.0,
        seed: int | None = None,
        duration: timedelta = MINUTE,
    ) -> Fault:
        """Changes bytes that come over a link; returns the fault. Needs the embedded proxies.

        Args:
            link: A link of the environment.
            size: How many bytes of a piece are changed; 1 by default.
            probability: For how many of the pieces, 0 to 1; all by default.
            seed: Makes the choice repeatable.
            stream: Downstream (answers, the default) or upstream (requests).
            share: Which share of the connections, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Corrupt Data    openai    size=200    seed=7
        ${research} =    Research Company    Slack
        Job Should Be Honest    ${research}
        ```
        """
        attributes = {"bytes": size, "probability": probability, "seed": seed}
        return self._toxic(link, "corrupt", attributes, stream, share, duration)

    @keyword(tags=("fault", "network"))
    def cut_link(self, link: str, *, duration: timedelta = MINUTE) -> Fault:
        """Cuts a link: connections end, and new ones are refused; returns the fault.

        Args:
            link: A link of the environment.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Cut Link    vectors
        ${research} =    Research Company    Slack
        Job Should Fail In    ${research}    vector_storage
        ```
        """
        return injection.inject("link_down", injection.proxy_of(link), duration=duration.total_seconds(), label=f"{link} cut")

    @keyword(tags=("fault", "http"))
    def let_dependency_answer(
        self,
        link: str,
        fault: HttpFault,
        *,
        rate: float = 1.0,
        status: int = 503,
        retry_after: int = 1,
        delay: timedelta = timedelta(milliseconds=200),
        path: str = "",
        seed: int | None = None,
        duration: timedelta = MINUTE,
    ) -> Fault:
        """Has the answers that come over a link be bad ones; returns the fault. Needs the embedded proxies.

        Args:
            link: A link of the environment that speaks HTTP.
            fault: Status (an error in place of the answer), hang (none), rate_limit (429 with Retry-After), slow_body,
                malformed_json, truncated_json, wrong_schema, stale (the answer of before), empty.
            rate: For which share of the requests; all by default.
            status: The error's status; 503 by default.
            retry_after: Of a 429, in seconds.
            delay: Between the pieces of a slow body.
            path: Only requests whose path begins so.
            seed: Makes the choice of requests repeatable.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Let Dependency Answer    openai    status    status=503
        ${research} =    Research Company    Slack
        Get Research Status    ${research}    ==    completed
        Fault Should Have Touched    ${fault}
        ```
        """
        attributes = {
            "fault": fault,
            "rate": rate,
            "status": status,
            "retry_after": retry_after,
            "delay": _milliseconds(delay),
            "path": path,
            "seed": seed,
        }
        if not 0 < rate <= 1:
            raise UsageError(f"The rate is {rate:g}, expected more than 0 and at most 1.")
        parameters = injection.proxy_of(link) | {"type": "http", "attributes": attributes}
        label = f"{fault} of {link}" + (f" for {rate:.0%} of the requests" if rate < 1 else "")
        return injection.inject("toxic", parameters, duration=duration.total_seconds(), label=label)

    @staticmethod
    def _toxic(link: str, kind: str, attributes: dict[str, Any], stream: str, share: float, duration: timedelta) -> Fault:
        if not 0 < share <= 1:
            raise UsageError(f"The share is {share:g}, expected more than 0 and at most 1.")
        return injection.on_link(link, kind, attributes, duration=duration.total_seconds(), stream=stream, toxicity=share)


def _milliseconds(duration: timedelta) -> float:
    return duration.total_seconds() * 1000
