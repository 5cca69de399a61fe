"""What a system has beside its description: paths, pages and links."""
