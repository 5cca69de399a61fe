"""Secrets never reach a file, and text of the tested system never becomes markup."""
