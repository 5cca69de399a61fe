"""What all Libraries share: environment and context, observations and their enforcement, redaction; and the ``theodore`` command."""
