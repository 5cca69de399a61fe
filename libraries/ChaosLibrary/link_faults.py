"""Faults of a link: latency, bandwidth, reset, black hole, link down and HTTP faults, by the proxy on the link.

Durations and delays are in seconds. ``share`` is the share of the connections, ``duration`` the fault's maximum duration.
"""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.faults import injection

if TYPE_CHECKING:
    from theodore_qa.faults.agent_client import Fault

DOWNSTREAM = "downstream"


def toxic(
    link: str, kind: str, attributes: dict[str, Any], *, duration: float, stream: str = DOWNSTREAM, share: float = 1.0
) -> Fault:
    """A toxic, by the name and the attributes that Toxiproxy gives it."""
    check_share("share", share)
    return injection.on_link(link, kind, attributes, duration=duration, stream=stream, toxicity=share)


def latency(
    link: str, delay: float, *, duration: float, jitter: float = 0.0, stream: str = DOWNSTREAM, share: float = 1.0
) -> Fault:
    """Latency: everything arrives ``delay`` ± ``jitter`` later."""
    attributes = {"latency": milliseconds("latency", delay, 1), "jitter": milliseconds("jitter", jitter, 0)}
    return toxic(link, "latency", attributes, duration=duration, stream=stream, share=share)


def bandwidth(link: str, rate: float, *, duration: float, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """A bandwidth limit of ``rate`` KB/s (1000 bytes)."""
    if rate != int(rate) or rate < 0:
        raise UsageError(f"The bandwidth is {rate:g} KB/s, expected a whole number that is not negative.")
    return toxic(link, "bandwidth", {"rate": int(rate)}, duration=duration, stream=stream, share=share)


def black_hole(link: str, *, duration: float, close_after: float = 0.0, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """A black hole: nothing gets through, and connections stay open; with ``close_after`` only so long."""
    attributes = {"timeout": milliseconds("close_after", close_after, 0)}
    return toxic(link, "timeout", attributes, duration=duration, stream=stream, share=share)


def reset(link: str, *, duration: float, after: float = 0.0, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """Connection reset (TCP RST), ``after`` so long."""
    attributes = {"timeout": milliseconds("after", after, 0)}
    return toxic(link, "reset_peer", attributes, duration=duration, stream=stream, share=share)


def link_down(link: str, *, duration: float) -> Fault:
    """Link down: open connections end, new ones are refused."""
    return injection.inject("link_down", injection.proxy_of(link), duration=duration, label=f"link {link} down")


def http_fault(
    link: str,
    fault: str,
    *,
    duration: float,
    rate: float = 1.0,
    status: int = 503,
    retry_after: int = 1,
    delay: float = 0.2,
    path: str = "",
    seed: int | None = None,
) -> Fault:
    """An HTTP fault for a share (``rate``) of the requests: an error status, no answer, a broken or slow body."""
    check_share("rate", rate)
    attributes = {
        "fault": fault,
        "rate": rate,
        "status": status,
        "retry_after": retry_after,
        "delay": milliseconds("delay", delay, 1 if fault == "slow_body" else 0),
        "path": path,
        "seed": seed,
    }
    label = f"{fault} of {link}" + (f" for {rate:.0%} of the requests" if rate < 1 else "")
    parameters = injection.proxy_of(link) | {"type": "http", "attributes": attributes}
    return injection.inject("toxic", parameters, duration=duration, label=label)


def slow_close(link: str, delay: float, *, duration: float, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """The end of each connection arrives ``delay`` later."""
    attributes = {"delay": milliseconds("delay", delay, 1)}
    return toxic(link, "slow_close", attributes, duration=duration, stream=stream, share=share)


def sliced(link: str, size: int, delay: float, *, duration: float, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """Data arrive in pieces of ``size`` bytes, ``delay`` apart."""
    if size < 1:
        raise UsageError(f"The size of a piece is {size}, expected at least 1 byte.")
    attributes = {"average_size": size, "size_variation": 0, "delay": round(delay * 1_000_000)}
    return toxic(link, "slicer", attributes, duration=duration, stream=stream, share=share)


def corrupted(
    link: str,
    size: int,
    probability: float,
    *,
    duration: float,
    seed: int | None = None,
    stream: str = DOWNSTREAM,
    share: float = 1.0,
) -> Fault:
    """``size`` bytes of a piece are changed, in a share (``probability``) of the pieces."""
    check_share("probability", probability)
    if size < 1:
        raise UsageError(f"The number of corrupted bytes is {size}, expected at least 1.")
    attributes = {"bytes": size, "probability": probability, "seed": seed}
    return toxic(link, "corrupt", attributes, duration=duration, stream=stream, share=share)


def limited(link: str, size: int, *, duration: float, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """Each connection ends after ``size`` bytes."""
    if size < 0:
        raise UsageError(f"The number of bytes is {size}, expected one that is not negative.")
    return toxic(link, "limit_data", {"bytes": size}, duration=duration, stream=stream, share=share)


def milliseconds(name: str, duration: float, least: int) -> int:
    """A duration in whole milliseconds, as proxies take it; raises ``UsageError`` for one below ``least``, which does nothing."""
    whole = round(duration * 1000)
    if whole < least:
        raise UsageError(f"The {name} is {duration * 1000:g} ms, expected at least {least} ms: less cannot have an effect.")
    return whole


def check_share(name: str, value: float) -> None:
    """Raise ``UsageError`` for a share that is not more than 0 and at most 1."""
    if not 0 < value <= 1:
        raise UsageError(f"The {name} is {value:g}, expected more than 0 and at most 1.")
