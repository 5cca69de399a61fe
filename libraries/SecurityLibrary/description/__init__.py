"""What the description of an API says: its operations, their parameters and bodies, and where in them values go."""
