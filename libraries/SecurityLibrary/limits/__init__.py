"""Requests that use up what a system does not limit: unpacked bodies, long lists, deep objects."""
