"""Whether the suites notice: defects of the sandbox, systems that only pretend, and mutants of healthy traffic."""
