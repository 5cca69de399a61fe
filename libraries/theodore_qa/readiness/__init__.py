"""From a judged run to gates and a readiness score."""
