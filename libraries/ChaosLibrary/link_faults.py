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
    attributes = {"latency": delay * 1000, "jitter": jitter * 1000}
    return toxic(link, "latency", attributes, duration=duration, stream=stream, share=share)


def bandwidth(link: str, rate: float, *, duration: float, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """A bandwidth limit of ``rate`` KB/s (1000 bytes)."""
    return toxic(link, "bandwidth", {"rate": rate}, duration=duration, stream=stream, share=share)


def black_hole(link: str, *, duration: float, close_after: float = 0.0, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """A black hole: nothing gets through, and connections stay open; with ``close_after`` only so long."""
    return toxic(link, "timeout", {"timeout": close_after * 1000}, duration=duration, stream=stream, share=share)


def reset(link: str, *, duration: float, after: float = 0.0, stream: str = DOWNSTREAM, share: float = 1.0) -> Fault:
    """Connection reset (TCP RST), ``after`` so long."""
    return toxic(link, "reset_peer", {"timeout": after * 1000}, duration=duration, stream=stream, share=share)


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
        "delay": delay * 1000,
        "path": path,
        "seed": seed,
    }
    label = f"{fault} of {link}" + (f" for {rate:.0%} of the requests" if rate < 1 else "")
    parameters = injection.proxy_of(link) | {"type": "http", "attributes": attributes}
    return injection.inject("toxic", parameters, duration=duration, label=label)


def check_share(name: str, value: float) -> None:
    """Raise ``UsageError`` for a share that is not more than 0 and at most 1."""
    if not 0 < value <= 1:
        raise UsageError(f"The {name} is {value:g}, expected more than 0 and at most 1.")
