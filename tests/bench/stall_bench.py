"""What a stall of one second in ten looks like in the open model, against the arithmetic, and in the closed one.

A server process of its own is frozen for one second in each ten. Of arrivals at an even rate a tenth meets the frozen server, and waits
for what is left of its second: 99 of 100 are answered within nine tenths of it, and 95 within half. A user who waits for each answer meets
the stall once in ten seconds, beside thousands of fast answers: their percentiles do not show it. Both say so in their model.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from raw_server import answering, OK, raw_serving

from theodore_load import engine, scenario
from theodore_load.results import percentile

STALL, EVERY, FIRST = 1.0, 10.0, 4.0  # seconds
ARRIVALS, SECONDS = 200, 20
APART = 0.05
SHARE = STALL / EVERY


def _serve(pipe):
    with raw_serving(answering(OK)) as port:
        pipe.send(port)
        with contextlib.suppress(EOFError):
            pipe.recv()


@contextlib.contextmanager
def stalling():
    """The port of a server that is frozen for one second in each ten."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    over = threading.Event()

    def freeze():
        wait = FIRST
        while not over.wait(wait):
            os.kill(process.pid, signal.SIGSTOP)
            over.wait(STALL)
            os.kill(process.pid, signal.SIGCONT)
            wait = EVERY - STALL

    port = here.recv()
    freezer = threading.Thread(target=freeze)
    freezer.start()
    try:
        yield port
    finally:
        over.set()
        freezer.join()
        process.kill()
        process.join()


def measured(stage):
    """The result of one stage, each against a server of its own, so that its stalls lie alike."""
    with stalling() as port, tempfile.TemporaryDirectory() as folder:
        steps = [{"request": "GET /", "expect": {"fields": {"status": "ok"}}}]
        declared = {"url": f"http://127.0.0.1:{port}", "stages": [stage], "journeys": [{"steps": steps}], "workers": 1}
        result = engine.run(scenario.read(declared | {"limits": {"requests": 100_000_000}}, Path(folder)))
    assert result.total.ok == result.total.count > 0, result.total.errors
    return result


def main():
    open_model, closed = measured(f"{ARRIVALS}/s for {SECONDS} s"), measured(f"1 user for {SECONDS} s")
    held = not open_model.saturated
    for percent in (95, 99):
        arithmetic = STALL * (1 - (1 - percent / 100) / SHARE)
        found, other = percentile(open_model.total, percent), percentile(closed.total, percent)
        held &= abs(found / arithmetic - 1) <= APART and other < arithmetic / 10
        print(
            f"p{percent}: open model {found * 1000:.0f} ms, {found / arithmetic - 1:+.1%} of the arithmetic's {arithmetic * 1000:.0f} ms"
            f" (at most {APART:.0%} to either side); closed model {other * 1000:.1f} ms (below a tenth of it)"
        )
    for result in (open_model, closed):
        print(f"n = {result.total.count}: {result.scenario.model}")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
