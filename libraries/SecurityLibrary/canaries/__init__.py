"""What a scan plants or waits for, and that proves an attack when it is found or called."""
