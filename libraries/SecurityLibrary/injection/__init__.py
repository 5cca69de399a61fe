"""Payloads and insertion points beyond those of the description: headers, cookies, files, pages, documents of XML."""
