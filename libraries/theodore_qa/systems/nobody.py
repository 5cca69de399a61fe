"""The name that stands for an anonymous caller where an identity is named."""

NOBODY = "NOBODY"
