"""Systems that only pretend: null systems, a replay, and a proxy that changes healthy answers."""
