"""``python -m theodore_load.worker``: one process of a load, which reads its share from standard input.

The first line is its share of the scenario; it answers that it is ready, and begins at the moment that the second line names. A
line after that is the cause for which it stops, and so is the end of its input: a worker never outlives its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from theodore_load import scenario
from theodore_load.share import Share

PROGRESS = 0.25
PARENT_GONE = "the process that runs the load is gone"
OPEN_FILES = 100_000


def main() -> None:
    """Run one share and print what was recorded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to answer
    raise_limits()
    job = json.loads(sys.stdin.readline())
    share = Share(scenario.read(job["scenario"], Path()), job["index"], job["of"])
    _say({"ready": True})
    line = sys.stdin.readline()
    if not line:
        return
    run = _runner()
    gc.collect()
    gc.freeze()  # what is here stays to the end, and is not to be looked at in the middle of the load
    before, began = time.process_time(), time.monotonic()
    run(_run(share, json.loads(line)["go"]))
    cpu = (time.process_time() - before) / max(0.001, time.monotonic() - began)
    _say({"done": share.recorder.data() | {"cpu": cpu, "stopped": share.stopped, "seconds": share.now()}})


def _runner() -> Any:
    """What runs a coroutine: uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run


async def _run(share: Share, origin: float) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, share.stop, "the worker was terminated")
    share.origin = origin
    threading.Thread(target=_listen, args=(loop, share), daemon=True).start()
    progress = asyncio.create_task(_progress(share))
    await asyncio.sleep(max(0.0, -share.now()))
    await share.run(origin)
    progress.cancel()


def _listen(loop: asyncio.AbstractEventLoop, share: Share) -> None:
    """Stop when the parent says so, and when it is gone."""
    cause = sys.stdin.readline().strip() or PARENT_GONE
    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(share.stop, cause)


async def _progress(share: Share) -> None:
    while True:
        await asyncio.sleep(PROGRESS)
        recorder = share.recorder
        _say(recorder.progress() | {"stopped": share.stopped})


def raise_limits() -> None:
    """As many connections as the machine grants."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, OPEN_FILES)), hard))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()


if __name__ == "__main__":
    main()
