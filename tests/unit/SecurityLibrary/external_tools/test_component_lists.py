"""Lists of what a system is made of: each kind is read whole, and each package is looked up in its own ecosystem."""

import json

import pytest

from SecurityLibrary.external_tools import component_lists
from SecurityLibrary.external_tools.advisories import debian_order
from SecurityLibrary.external_tools.component_lists import Component
from theodore_qa.errors import NotEvaluatedError, UsageError

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "components": [
        {"type": "library", "name": "Jinja2", "version": "3.0", "purl": "pkg:pypi/jinja2@3.0"},
        {"type": "library", "name": "core", "version": "7.1", "purl": "pkg:npm/%40babel/core@7.1?x=y"},
        {"type": "operating-system", "name": "debian", "version": "12", "components": [{"type": "library", "name": "openssl", "version": "3.0.11-1", "purl": "pkg:deb/debian/openssl@3.0.11-1?distro=debian-12"}]},
        {"type": "library", "name": "in-house", "version": "1"},
    ],
}  # fmt: skip
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {
            "name": "spring",
            "versionInfo": "6.0",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:maven/org.springframework/spring-core@6.0"}],
        },
        {"name": "unknown"},
    ],
}
NPM = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "shop"},
        "node_modules/a/node_modules/@b/c": {"version": "1.2.3"},
        "node_modules/d": {"link": True},
    },
}
POETRY = '[[package]]\nname = "jinja2"\nversion = "3.0"\n[[package]]\nname = "own"\nversion = "1"\n[package.source]\ntype = "directory"\n[metadata]\ncontent-hash = "0"\n'
DPKG = "Package: libssl3\nStatus: install ok installed\nSource: openssl (3.0.11-1)\nVersion: 3.0.11-1+b1\nDescription: SSL\n more: text\n\nPackage: old\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: zlib1g\nStatus: install ok installed\nVersion: 1:1.2.13\n"
APK = "C:Q1x\nP:libcrypto3\nV:3.1.4-r0\no:openssl\n\nP:zlib\nV:1.3-r2\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("bom.json", json.dumps(CYCLONEDX), [("PyPI", "jinja2", "3.0"), ("npm", "@babel/core", "7.1"), ("Debian", "openssl", "3.0.11-1"), ("", "in-house", "1")]),
        ("spdx.json", json.dumps(SPDX), [("Maven", "org.springframework:spring-core", "6.0"), ("", "unknown", "")]),
        ("package-lock.json", json.dumps(NPM), [("npm", "@b/c", "1.2.3")]),
        ("poetry.lock", POETRY, [("PyPI", "jinja2", "3.0")]),
        ("requirements.txt", "Jinja2==3.0\nflask>=1\n", [("PyPI", "jinja2", "3.0")]),
        ("status", DPKG, [("Debian", "openssl", "3.0.11-1"), ("Debian", "zlib1g", "1:1.2.13")]),
        ("installed", APK, [("Alpine", "openssl", "3.1.4-r0"), ("Alpine", "zlib", "1.3-r2")]),
    ],
)  # fmt: skip
def test_each_kind_of_list_is_read(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text)
    assert component_lists.read(tmp_path / name) == [Component(*parts) for parts in expected]


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "[]", '{"bomFormat": "CycloneDX"}', '{"bomFormat": "CycloneDX", "components": [{}]}', "flask>=1\n"]
)
def test_what_lists_nothing_is_refused(tmp_path, text):
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(UsageError, match=r"list\.json"):
        component_lists.read(tmp_path / "list.json")
    with pytest.raises(UsageError, match="is not there"):
        component_lists.read(tmp_path / "none")


def advisory(folder, ecosystem, name, fixed, severity="CRITICAL"):
    folder.mkdir(exist_ok=True)
    affected = {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
    }
    (folder / f"{name.replace('/', '-')}.json").write_text(
        json.dumps({"id": f"X-{name}", "database_specific": {"severity": severity}, "affected": [affected]})
    )


def test_packages_are_looked_up_in_their_own_ecosystem_and_each_version(tmp_path):
    for ecosystem, name, fixed in (
        ("PyPI", "Jinja2", "3.1"),
        ("npm", "jinja2", "9"),
        ("Debian:12", "openssl", "3.0.11-1~deb12u2"),
        ("npm", "a", "2"),
    ):
        advisory(tmp_path / name, ecosystem, name, fixed)
    parts = [
        Component("PyPI", "JINJA2", "3.0"),
        Component("Debian", "openssl", "3.0.11-1~deb12u1"),
        Component("npm", "a", "2.1"),
        Component("npm", "a", "1.9"),
        Component("", "b", "1"),
    ]
    found = component_lists.known(parts, str(tmp_path))
    assert sorted(finding.locations[0] for finding in found) == ["a 1.9", "jinja2 3.0", "openssl 3.0.11-1~deb12u1"]


def test_without_advisories_nothing_is_clean(tmp_path):
    with pytest.raises(NotEvaluatedError, match="there are no advisories"):
        component_lists.known([Component("npm", "a", "1")], str(tmp_path))


def test_versions_are_ordered_as_debian_orders_them():
    rising = [
        "0.9",
        "1.0~~",
        "1.0~rc1",
        "1.0",
        "1.0-1~deb12u1",
        "1.0-1",
        "1.0-1+b1",
        "1.0a",
        "1.0+b",
        "1.0.1",
        "1.9",
        "1.10",
        "1:0.1",
    ]
    falling = rising[::-1]
    assert sorted(falling, key=debian_order) == rising
