"""The load engine: worker processes that send raw HTTP/1.1 and measure what comes back; ``python -m theodore_load FILE``.

It needs no Robot. A scenario (:mod:`theodore_load.scenario`) is run by :func:`theodore_load.engine.run`, which starts workers
(:mod:`theodore_load.worker`) and merges what they recorded into one :class:`theodore_load.results.Result`.
"""
