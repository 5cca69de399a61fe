"""LoadLibrary: how a system answers many users at once, by counts, bodies and times that were observed."""

from __future__ import annotations

from LoadLibrary.keywords.benchmarks import BenchmarkKeywords
from LoadLibrary.keywords.bottlenecks import BottleneckKeywords
from LoadLibrary.keywords.overload import OverloadKeywords
from LoadLibrary.keywords.running import RunningKeywords
from LoadLibrary.keywords.scaling import ScalingKeywords
from LoadLibrary.keywords.steps import StepKeywords
from LoadLibrary.keywords.usage import UsageKeywords
from LoadLibrary.keywords.verdicts import VerdictKeywords
from theodore_qa.library import Library


class LoadLibrary(Library):
    """Sends the requests of many users at once and checks what came back, how often and how soon.

    A load is made of steps: requests, each with what its answer has to hold. `Run Load Test` sends them, by users who wait for
    their answers (closed model) or at a rate that waits for nobody (open model), and each answer is checked: another status
    than the expected one is an error, 401 too, and so is another body. Then `Get Latency`, `Error Rate Should Be` and
    `Throughput Should Be` judge the last load of the test, or the one that ``load=`` names.

    `Find Capacity`, `Scalability Should Be` and `Plan Capacity` say how much a system can do; `Memory Should Not Grow`,
    `Connections Should Not Grow`, `Latency Should Not Drift` and `Get Resource Usage` say what that costs it.

    `Find Bottleneck` and `Calls Should Not Grow` say where its time goes, and `Nobody Should Be Left Waiting`, `Limit Should
    Hold` and `Identities Should Be Served Alike` what it does when too much is asked of it.

    `Benchmark` holds any keyword to a budget, `Builds Should Be As Fast` compares two builds side by side, and
    `Get Foreign Latency` judges what pytest-benchmark, k6 or JMeter measured.

    A load that brought no answer as it was expected, or whose client could not keep up, is NOT EVALUATED.

    The environment must allow load by ``load_max_rps``, the most requests a second. Values stand in double braces:
    ``{{user}}`` is the number of the user, ``{{iteration}}`` that of the journey, ``{{identity}}`` and ``{{username}}`` are
    those of the user's identity; columns of the data and values that a step takes are named alike.
    """

    SYSTEM = ""

    def __init__(self) -> None:
        """Takes no arguments: the environment file holds the configuration."""
        running = RunningKeywords()
        judging: list[object] = [VerdictKeywords(running), ScalingKeywords(running), UsageKeywords(running)]
        judging += [BottleneckKeywords(running), OverloadKeywords(running)]
        super().__init__([StepKeywords(), running, *judging, BenchmarkKeywords()])
