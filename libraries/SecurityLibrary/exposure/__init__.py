"""What answers show that should not stand in them: secrets, and data of other people."""
