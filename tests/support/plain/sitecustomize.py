"""On PYTHONPATH this makes a Python process one of a plain installation: what the extras bring cannot be imported."""

import sys

EXTRAS = (
    *("cosmic_ray", "cryptography", "docker", "duckdb", "hdrh", "hypothesis", "mutmut", "numpy", "openpyxl", "psycopg", "pypdf", "redis", "reportlab"),
    *("schemathesis", "scipy", "signxml", "sslyze", "uvloop"),
)


class Lacking:
    """Finds nothing of the extras, wherever it is installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Lacking)
