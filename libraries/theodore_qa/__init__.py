"""What all Libraries share: context, observations and their enforcement, redaction, the ``theodore`` command."""
