"""What shows that an attack took effect: oracles, the comparison of answers, and effects that others see."""
