"""Results of SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.external_tools import reported_severity
from SecurityLibrary.external_tools.tool_runs import path_of, ToolRun
from SecurityLibrary.findings.finding import Finding, Severity
from theodore_qa.timing import moment

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

VERSION = "2.1"
NO_WEAKNESS = ("pass", "notApplicable")
UNDECIDED = ("open", "review")
CWE = re.compile(r"(?i)cwe[-_:/ ]*0*(\d+)")
OWASP = re.compile(r"A(?:PI)?\d{1,2}:20\d\d")
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d+)\}")
CWE_NAMES = ("cwe", "cwes", "cweid", "cwe_id", "cwe-id", "cweids")
LONGEST = 300


def runs(data: dict[str, Any]) -> list[ToolRun]:
    """The runs of a document; one that looked at several hosts is a run on each."""
    version = str(data.get("version", VERSION))
    if not version.startswith(VERSION):
        raise ValueError(f"it is SARIF of version {version}, expected 2.1.0")
    return [run for node in data["runs"] for run in _Run(node).split()]


class _Run:
    """A run of a document, and what its results refer to."""

    def __init__(self, node: dict[str, Any]) -> None:
        self.node = node
        self.driver: dict[str, Any] = node["tool"]["driver"]
        self.extensions: list[dict[str, Any]] = node["tool"].get("extensions") or []
        self.invocations = node.get("invocations") or []
        self.tool = str(self.driver["name"])
        rules = [rule for part in (self.driver, *self.extensions) for rule in part.get("rules") or []]
        self.rules: dict[str, dict[str, Any]] = {
            str(rule[key]): rule for rule in reversed(rules) for key in ("guid", "id") if key in rule
        }

    def split(self) -> Iterator[ToolRun]:
        """The findings by the hosts at which they are, which most tools do not name."""
        at, incomplete = self._moment(), self._incomplete()
        by_hosts: dict[tuple[str, ...], list[Finding]] = {}
        for result in self.node.get("results") or []:
            if result.get("kind") in NO_WEAKNESS + UNDECIDED or result.get("baselineState") == "absent":
                continue
            by_hosts.setdefault(self._hosts(result), []).append(self._finding(result))
        for hosts, findings in (by_hosts or {(): []}).items():
            yield ToolRun(self.tool, tuple(findings), at, hosts, self._sources(), incomplete)

    # What the run says of itself

    def _moment(self) -> dt.datetime | None:
        """When the run's oldest invocation ended."""
        ends = []
        for invocation in self.invocations:
            notifications = invocation.get("toolExecutionNotifications") or []
            texts = [
                invocation.get("endTimeUtc"),
                invocation.get("startTimeUtc"),
                *(each.get("timeUtc") for each in notifications),
            ]
            ends.append(max(filter(None, map(moment, map(str, texts))), default=None))
        return min(filter(None, ends), default=None)

    def _incomplete(self) -> str:
        """Why the results are not all that there is to find; see appendix I of the specification."""
        if self.node.get("results") is None:
            return "it holds no results, not even an empty list: none were computed"
        if not isinstance(self.node["results"], list):
            raise TypeError("results are a list")
        for invocation in self.invocations:
            severe = [
                self._text(notification.get("message") or {}, {})[:LONGEST]
                for kind in ("toolExecutionNotifications", "toolConfigurationNotifications")
                for notification in invocation.get(kind) or []
                if notification.get("level") == "error"
            ]
            if not isinstance(successful := invocation.get("executionSuccessful"), bool):
                return "it does not say that the run was successful"
            if not successful:
                return f"the run failed{': ' if severe else ''}{'; '.join(severe[:1])}"
            if severe:
                return f"the run is not whole: {severe[0]}"
        undecided = [
            result for result in self.node["results"] if result.get("kind") in UNDECIDED and not _suppression(result)
        ]  # fmt: skip
        if undecided:
            return f"{len(undecided)} results are undecided, such as {self._identifier(undecided[0], {})}"
        return ""

    def _sources(self) -> tuple[str, ...]:
        """The sources, images and addresses that the run names as what it looked at."""
        properties = self.node.get("properties") or {}
        sources = [source.get("repositoryUri") for source in self.node.get("versionControlProvenance") or []]
        bases = [base.get("uri") for base in (self.node.get("originalUriBaseIds") or {}).values()]
        images = [properties.get("imageName"), *(properties.get("repoTags") or []), *(properties.get("repoDigests") or [])]
        return tuple(dict.fromkeys(str(target) for target in (*sources, *bases, *images) if target))

    def _hosts(self, result: dict[str, Any]) -> tuple[str, ...]:
        """The hosts at whose addresses a result is."""
        requested = (result.get("webRequest") or {}).get("target", "")
        addresses = [
            requested,
            *(self._uri(location.get("physicalLocation") or {}) for location in result.get("locations") or []),
        ]
        parts = (urlsplit(str(address)) for address in addresses if str(address).startswith(("http://", "https://")))
        return tuple(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))

    # A result

    def _finding(self, result: dict[str, Any]) -> Finding:
        rule = self._rule(result)
        tags = [str(tag) for tag in (rule.get("properties") or {}).get("tags") or []]
        identifier = self._identifier(result, rule)
        informational = result.get("kind") == "informational"
        title = next(
            filter(None, (_words(rule, "shortDescription"), rule.get("name"), _words(rule, "fullDescription"))), identifier
        )
        return Finding(
            identifier,
            str(title),
            Severity.INFO if informational else reported_severity.of(result, rule, self._level(result, rule)),
            self._cwe(result, rule),
            tuple(dict.fromkeys(found for tag in tags for found in OWASP.findall(tag))),
            tuple(dict.fromkeys(self._locations(result))) or ("-",),
            self._text(result.get("message") or {}, rule)[:LONGEST],
            _words(rule, "help") or _words(rule.get("properties") or {}, "solution"),
            tool=self.tool,
            accepted=_suppression(result),
        )

    @staticmethod
    def _identifier(result: dict[str, Any], rule: dict[str, Any]) -> str:
        return str(result.get("ruleId") or (result.get("rule") or {}).get("id") or rule.get("id") or "-")

    def _rule(self, result: dict[str, Any]) -> dict[str, Any]:
        """The rule of a result: by its index, else by its identifiers, of which the last parts may be left off."""
        reference = result.get("rule") or {}
        component = self._component(reference.get("toolComponent") or {})
        rules: list[dict[str, Any]] = component.get("rules") or []
        index: int = result.get("ruleIndex", reference.get("index", -1))
        identifier = str(result.get("ruleId") or reference.get("id") or "")
        names = [identifier.rsplit("/", cut)[0] for cut in range(identifier.count("/") + 1)]
        if 0 <= index < len(rules) and (not identifier or rules[index]["id"] in names):
            return rules[index]
        known = (self.rules[name] for name in (*names, reference.get("guid")) if name in self.rules)
        return next(known, {})

    def _component(self, reference: dict[str, Any]) -> dict[str, Any]:
        """The part of the tool that a reference means; the driver where it names none."""
        index: int = reference.get("index", -1)
        if 0 <= index < len(self.extensions):
            return self.extensions[index]
        named = (
            part
            for part in self.extensions
            if reference and reference.get("guid", reference.get("name")) in (part.get("guid"), part["name"])
        )
        return next(named, self.driver)

    def _level(self, result: dict[str, Any], rule: dict[str, Any]) -> str:
        """The level of a result: its own, the one that the run configures for its rule, or the rule's."""
        configured = [
            (override.get("configuration") or {}).get("level")
            for invocation in self.invocations
            for override in invocation.get("ruleConfigurationOverrides") or []
            if rule and (override.get("descriptor") or {}).get("id") == rule["id"]
        ]
        by_rule = (rule.get("defaultConfiguration") or {}).get("level")
        return next((str(level) for level in (result.get("level"), *configured, by_rule) if level), "warning")

    def _text(self, message: dict[str, Any], rule: dict[str, Any]) -> str:
        """A message, which may stand at the rule or the driver, with its arguments."""
        strings = (rule.get("messageStrings") or {}, self.driver.get("globalMessageStrings") or {})
        by_id: dict[str, Any] = next((found[message["id"]] for found in strings if message.get("id") in found), {})
        text = str(message.get("text") or by_id.get("text") or message.get("markdown") or by_id.get("markdown") or "")
        arguments = [str(argument) for argument in message.get("arguments") or []]
        if not (arguments or by_id):
            return text or _words(rule, "shortDescription")

        def filled(match: re.Match[str]) -> str:
            if match[1] is None:
                return match[0][0]
            return arguments[int(match[1])] if int(match[1]) < len(arguments) else match[0]

        return PLACEHOLDER.sub(filled, text)

    def _cwe(self, result: dict[str, Any], rule: dict[str, Any]) -> int:
        """The first weakness that a result, or else its rule, names: by taxa, relationships, properties or tags."""
        related = [relation.get("target") or {} for relation in rule.get("relationships") or []]
        for reference in (*(result.get("taxa") or []), *related):
            if found := self._taxon(reference):
                return found
        for properties in (result.get("properties") or {}, rule.get("properties") or {}):
            for name, value in properties.items():
                if name.lower() in CWE_NAMES and (found := _number(value)):
                    return found
        tags = [tag for node in (result, rule) for tag in (node.get("properties") or {}).get("tags") or []]
        return next((int(match[1]) for tag in tags if (match := CWE.search(str(tag)))), 0)

    def _taxon(self, reference: dict[str, Any]) -> int:
        """The number of a weakness that a reference into a taxonomy means; 0 for those of other taxonomies."""
        component = reference.get("toolComponent") or {}
        taxonomies = self.node.get("taxonomies") or []
        index = component.get("index", -1)
        taxonomy = taxonomies[index] if 0 <= index < len(taxonomies) else {}
        if not taxonomy:
            taxonomy = next(
                (
                    each
                    for each in taxonomies
                    if component and component.get("guid", component.get("name")) in (each.get("guid"), each["name"])
                ),
                {},
            )
        name, identifier = str(component.get("name") or taxonomy.get("name") or ""), reference.get("id")
        taxa = taxonomy.get("taxa") or []
        if not identifier and 0 <= reference.get("index", -1) < len(taxa):
            identifier = taxa[reference["index"]]["id"]
        return _number(identifier) if "cwe" in f"{name} {identifier}".lower() else 0

    def _locations(self, result: dict[str, Any]) -> Iterator[str]:
        """All places of a result: files with lines, addresses with methods, or names."""
        request = result.get("webRequest") or {}
        for location in result.get("locations") or []:
            physical = location.get("physicalLocation") or {}
            uri, line = self._uri(physical), (physical.get("region") or {}).get("startLine")
            names = [str(name) for node in location.get("logicalLocations") or [] if (name := self._logical(node))]
            if uri.startswith(("http://", "https://")):
                yield f"{request.get('method') or 'GET'} {path_of(uri)}"
            elif names and not line:
                yield from names
            else:
                yield (uri or "-") + (f":{line}" if line else "")
        if not result.get("locations") and (target := request.get("target") or (result.get("analysisTarget") or {}).get("uri")):
            yield str(target)

    def _uri(self, physical: dict[str, Any]) -> str:
        artifact = physical.get("artifactLocation") or {}
        artifacts = self.node.get("artifacts") or []
        if not artifact.get("uri") and 0 <= artifact.get("index", -1) < len(artifacts):
            artifact = artifacts[artifact["index"]].get("location") or {}
        return str(artifact.get("uri") or "")

    def _logical(self, node: dict[str, Any]) -> str | None:
        known = self.node.get("logicalLocations") or []
        if 0 <= node.get("index", -1) < len(known):
            node = known[node["index"]] | node
        return node.get("fullyQualifiedName") or node.get("name")


def _words(node: dict[str, Any], name: str) -> str:
    """The text of a message that a node may have."""
    message = node.get(name) or {}
    return str(message.get("text") or message.get("markdown") or "") if isinstance(message, dict) else str(message)


def _number(value: Any) -> int:
    """The number of a weakness, whether it is written as 89, CWE-89 or in a list; 0 for none."""
    if isinstance(value, list):
        return next(filter(None, map(_number, value)), 0)
    if isinstance(value, dict):
        return _number(value.get("id"))
    match = CWE.search(str(value)) or re.fullmatch(r"0*(\d+)", str(value).strip())
    return int(match[1]) if match else 0


def _suppression(result: dict[str, Any]) -> str:
    """Why a result is suppressed; empty if it is not, or if one of its suppressions is rejected or under review."""
    suppressions = result.get("suppressions") or []
    if not suppressions or any((each.get("status") or "accepted") != "accepted" for each in suppressions):
        return ""
    return next((str(each["justification"]) for each in suppressions if each.get("justification")), "suppressed in the report")
