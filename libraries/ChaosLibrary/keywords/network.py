"""Keywords that disturb a link, by the proxy on it."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Literal

from robotlibcore import keyword

from ChaosLibrary import link_faults
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints

MINUTE = timedelta(minutes=1)
Stream = Literal["downstream", "upstream"]
HttpFault = Literal[
    "status", "hang", "rate_limit", "slow_body", "malformed_json", "truncated_json", "wrong_schema", "stale", "empty"
]


class NetworkKeywords:
    """Network faults and HTTP faults of a link."""

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
        """Adds latency to a link; returns the fault.

        `Undo Fault` undoes it, and so does the end of the test. If Robot is gone, its lease lapses within 5 seconds.

        Args:
            link: A link of the environment, such as openai, web, vectors or store; api is the link from clients to the API.
            latency: Added delay, such as 500 ms.
            jitter: Random variation of the delay in both directions; none by default.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Add Latency    openai    500 ms
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        delay, spread = latency.total_seconds(), jitter.total_seconds()
        return link_faults.latency(link, delay, jitter=spread, duration=duration.total_seconds(), stream=stream, share=share)

    @keyword(tags=("fault", "network"))
    def limit_bandwidth(
        self, link: str, rate: float, *, stream: Stream = "downstream", share: float = 1.0, duration: timedelta = MINUTE
    ) -> Fault:
        """Limits the bandwidth of a link; returns the fault.

        Args:
            link: A link of the environment.
            rate: Bandwidth in KB/s (1000 bytes), a whole number.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Limit Bandwidth    web    rate=20
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        return link_faults.bandwidth(link, rate, duration=duration.total_seconds(), stream=stream, share=share)

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
        """Delays the end of connections (slow close); returns the fault.

        Args:
            link: A link of the environment.
            delay: Delay, such as 2 s.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Delay Closing    web    2 s
        ${research} =    Research Company    Slack
        Get Research Status    ${research}    ==    completed
        ```
        """
        lasts = duration.total_seconds()
        return link_faults.slow_close(link, delay.total_seconds(), duration=lasts, stream=stream, share=share)

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
        """Makes a link a black hole: nothing gets through, so that callers run into their timeouts; returns the fault.

        Args:
            link: A link of the environment.
            close_after: Time after which connections are closed; by default they stay open until the fault is undone.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Swallow Data    openai
        ${research} =    Research Company    Slack
        Fallback Should Have Been Used    ${research}    openai    gemini
        Fault Should Have Touched    ${fault}
        ```
        """
        limit = close_after.total_seconds()
        return link_faults.black_hole(link, close_after=limit, duration=duration.total_seconds(), stream=stream, share=share)

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
            after: Time for which each connection lives; it is reset at once by default.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Reset Connections    openai
        ${research} =    Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        return link_faults.reset(link, after=after.total_seconds(), duration=duration.total_seconds(), stream=stream, share=share)

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
        """Slices the data of a link into small pieces; returns the fault.

        Args:
            link: A link of the environment.
            size: Size of a piece in bytes.
            delay: Delay between two pieces; 1 ms by default.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Slice Data    search    size=20
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        lasts = duration.total_seconds()
        return link_faults.sliced(link, size, delay.total_seconds(), duration=lasts, stream=stream, share=share)

    @keyword(tags=("fault", "network"))
    def limit_data(
        self, link: str, size: int, *, stream: Stream = "downstream", share: float = 1.0, duration: timedelta = MINUTE
    ) -> Fault:
        """Closes each connection of a link after a number of bytes; returns the fault.

        Args:
            link: A link of the environment.
            size: Number of bytes that get through.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Limit Data    vectors    size=100
        ${research} =    Research Company    Slack
        Job Should Be Honest    ${research}
        ```
        """
        return link_faults.limited(link, size, duration=duration.total_seconds(), stream=stream, share=share)

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
        """Corrupts bytes on a link; returns the fault. Needs the embedded proxies.

        Args:
            link: A link of the environment.
            size: Number of corrupted bytes in a piece; 1 by default.
            probability: Share of the pieces that are corrupted, more than 0 and at most 1; all by default.
            seed: Seed that makes the choice repeatable; random by default.
            stream: Direction: downstream (answers, the default) or upstream (requests).
            share: Share of the connections, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Corrupt Data    openai    size=200    seed=7
        ${research} =    Research Company    Slack
        Job Should Be Honest    ${research}
        ```
        """
        lasts = duration.total_seconds()
        return link_faults.corrupted(link, size, probability, duration=lasts, seed=seed, stream=stream, share=share)

    @keyword(tags=("fault", "network"))
    def cut_link(self, link: str, *, duration: timedelta = MINUTE) -> Fault:
        """Takes a link down: open connections end, new ones are refused; returns the fault.

        Args:
            link: A link of the environment.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Cut Link    vectors
        ${research} =    Research Company    Slack
        Job Should Fail In    ${research}    vector_storage
        ```
        """
        return link_faults.link_down(link, duration=duration.total_seconds())

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
        """Injects an HTTP fault: answers on a link are errors, missing, late or malformed; returns the fault.

        Needs the embedded proxies.

        Args:
            link: A link of the environment that speaks HTTP.
            fault: Kind of HTTP fault: status (an error in place of the answer), hang (no answer), rate_limit (429 with
                Retry-After), slow_body, malformed_json, truncated_json, wrong_schema, stale (an earlier answer), empty.
            rate: Share of the requests, more than 0 and at most 1; all by default.
            status: Status of the error; 503 by default.
            retry_after: Retry-After of a 429 in seconds; 1 by default.
            delay: Delay between the pieces of a slow body; 200 ms by default.
            path: Prefix of the paths to hit; all paths by default.
            seed: Seed that makes the choice of requests repeatable; random by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Let Dependency Answer    openai    status    status=503
        ${research} =    Research Company    Slack
        Get Research Status    ${research}    ==    completed
        Fault Should Have Touched    ${fault}
        ```
        """
        return link_faults.http_fault(
            link,
            fault,
            rate=rate,
            status=status,
            retry_after=retry_after,
            delay=delay.total_seconds(),
            path=path,
            seed=seed,
            duration=duration.total_seconds(),
        )
