"""GraphQL: schemas that anybody can read, and queries that are many or deep without a limit."""

from __future__ import annotations

import json
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from SecurityLibrary.authentication import aliased_sign_ins
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql, graphql_schema
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange


SUGGESTS = re.compile(r"(?i)did you mean")
ALIAS = re.compile(r"a\d+")


class Graphql(Probe):
    """A GraphQL endpoint tells its schema, or takes any number of queries at once, or queries of any depth."""

    id = "graphql"
    title = "GraphQL introspection, batching and depth"
    topic = "api"
    severity = Severity.LOW
    cwe = 770
    owasp = ("A05:2021", "A02:2025", "API4:2023")
    tier = 2
    sends = (
        "introspection queries, by __schema, and where that is refused by __type, in another spelling and by GET; a list of 20 "
        "queries; a query with 200 aliases; a mutation that does nothing, by GET; a field with a letter too many; in one request "
        "more wrong sign-ins than are allowed one at a time and the right one, for an account that may be tried, or else 20 "
        "wrong ones; last, where a type leads to itself, a query that gets one level deeper at a time, up to 20, until it "
        "brings 200 KB or takes a second"
    )
    oracle = (
        "the schema comes back, twice; all 20 and all 200 are answered; the mutation is; errors ask 'Did you mean', twice; "
        "the right sign-in enters, or each of the 20 is tried, twice; 20 levels are answered, twice, or fewer slow the system "
        "down; for information if the schema names queries or mutations that the description does not have"
    )
    bad = "GraphQL(schema)"
    good = "GraphQL(schema, introspection=False, validation_rules=[max_aliases(15)])"
    remediation = "Switch introspection off outside development; limit batches, aliases and depth."

    BATCH, ALIASES, DEEPEST, SIGN_INS = 20, 200, 20, 20
    LARGEST, LONG = 200_000, 1.0  # characters and seconds

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Try the paths that speak GraphQL, whichever of their queries the description has."""
        found = graphql.endpoints(scan.plan.operations)
        if not found:
            raise NotApplicableError("no operation speaks GraphQL")
        for location, operation in found.items():
            with scan.apart(self.id, location):
                control = self._ask(scan, operation, {"query": "{__typename}"})
                if not control.ok or not isinstance(control.body, dict) or "data" not in control.body:
                    scan.coverage.skip(self.id, location, "the control query {__typename} was not answered")
                    continue
                scan.coverage.tried(self.id, location)
                schemas = [
                    self._ask(scan, operation, {"query": f"{{__schema{{{what}{{name}}}}}}"}) for what in ("types", "queryType")
                ]
                if all(_data(answer).get("__schema") for answer in schemas):
                    yield self.finding(location, "introspection returns the schema", *schemas)
                    yield from self._undescribed(scan, operation)
                else:
                    yield from self._introspected_otherwise(scan, operation, location, str(_data(control).get("__typename")))
                batch = self._ask(scan, operation, [{"query": "{__typename}"}] * self.BATCH)
                if isinstance(batch.body, list) and len(batch.body) == self.BATCH:
                    yield self.finding(location, f"{self.BATCH} of {self.BATCH} queries in one request answered", batch)
                many = "{" + " ".join(f"a{number}:__typename" for number in range(self.ALIASES)) + "}"
                aliases = self._ask(scan, operation, {"query": many})
                if len(_data(aliases)) == self.ALIASES:
                    yield self.finding(location, f"{self.ALIASES} of {self.ALIASES} aliases in one query answered", aliases)
                yield from self._by_get(scan, operation, location)
                yield from self._suggested(scan, operation, location)
            yield from self._sign_ins(scan, location)
            yield from self._depth(scan, operation, f"{location} (depth)")

    def _introspected_otherwise(self, scan: Scan, operation: ScanOperation, location: str, root: str) -> Iterator[Finding]:
        """The schema by another way than ``__schema``, which may be all that is refused; to anybody, or to whom signs in."""
        by_name = f'{{__type(name:"{root}"){{fields{{name}}}}}}', '{__type(name:"String"){kind name}}'
        spelt = "{__schema\n,{queryType{name}}}", "query q{...f} fragment f on " + root + "{__schema{types{name}}}"
        ways = (("__type", by_name), ("another spelling of __schema", spelt))
        identity = scan.plan.identity_for(operation)
        for sender in dict.fromkeys((None, identity)):
            to = f"'{sender.name}'" if sender else "anybody"
            for what, queries in ways:
                answers = [scan.sender.send(operation, sender, body=json.dumps({"query": query}).encode()) for query in queries]
                if all(_data(answer).get("__type") or _data(answer).get("__schema") for answer in answers):
                    yield self.finding(location, f"introspection by {what} is answered to {to}, __schema is not", *answers)
                    return
            path = f"{operation.route}?{urlencode({'query': '{__schema{queryType{name}}}'})}"
            answers = [scan.sender.request("GET", path, sender) for _ in range(2)]
            if all(_data(answer).get("__schema") for answer in answers):
                yield self.finding(location, f"introspection by GET is answered to {to}, that by POST is not", *answers)
                return

    def _by_get(self, scan: Scan, operation: ScanOperation, location: str) -> Iterator[Finding]:
        """A mutation in an address: other sites send it by a link. This one does nothing."""
        path = f"{operation.route}?{urlencode({'query': 'mutation{__typename}'})}"
        answers = [scan.sender.request("GET", path, scan.plan.identity_for(operation)) for _ in range(2)]
        if all(_answered(answer) and _data(answer).get("__typename") for answer in answers):
            yield self.finding(location, "mutations are carried out by GET", *answers, severity=Severity.MEDIUM)

    def _suggested(self, scan: Scan, operation: ScanOperation, location: str) -> Iterator[Finding]:
        """Errors that name fields which are like one that there is not, where the schema itself is not open."""
        fields = [name for each in scan.target.operations if _is_beside(each, operation) for name in graphql.fields(each)]
        for name in dict.fromkeys(fields):
            answer = self._ask(scan, operation, {"query": f"{{{name}q}}"})
            if SUGGESTS.search(answer.text) and not _data(answer):
                again = self._ask(scan, operation, {"query": f"{{{name}z}}"})
                if SUGGESTS.search(again.text):
                    yield self.finding(location, "errors suggest the names of fields", answer, again)
                return

    def _sign_ins(self, scan: Scan, location: str) -> Iterator[Finding]:
        """Many sign-ins in one request: whether more wrong passwords than a limit allows keep the right one out.

        Where no account may be tried, whether each is tried, with a wrong password for a name that there is not.
        """
        many = aliased_sign_ins.query(scan, self.SIGN_INS) if scan.authenticator.operation == location else ""
        if not many:
            return
        with scan.apart(self.id, f"{location} (sign-ins)"):
            beyond = aliased_sign_ins.beyond_limit(scan) if scan.allow_changes else None
            if beyond is not None:
                scan.coverage.tried(self.id, f"{location} (sign-ins)")
                if beyond[1]:
                    observed = f"{beyond[0]} wrong passwords are allowed; behind more in one request the right one signs in"
                    yield self.finding(aliased_sign_ins.location(scan), observed, *beyond[1], severity=Severity.MEDIUM)
                return
            name = f"qa-nobody-{scan.random.number()}"
            alone = scan.sender.try_sign_in(name, f"Wrong-{scan.random.number()}")
            if alone.outcome in aliased_sign_ins.LIMITED:
                raise NotEvaluatedError("sign-ins were limited already")
            answers = [scan.sender.try_sign_in(name, f"Wrong-{scan.random.number()}", more={"query": many}) for _ in range(2)]
            scan.coverage.tried(self.id, f"{location} (sign-ins)")
            if all(_tried(answer, alone) == self.SIGN_INS for answer in answers):
                observed = f"{self.SIGN_INS} of {self.SIGN_INS} sign-ins in one request are tried"
                yield self.finding(aliased_sign_ins.location(scan), observed, *answers, severity=Severity.MEDIUM)

    def _depth(self, scan: Scan, operation: ScanOperation, location: str) -> Iterator[Finding]:
        """Let a query get deeper, one level at a time, where a type of the schema leads to itself."""
        with scan.apart(self.id, location):
            cycle = self._cycle(scan, operation)
            if cycle is None:
                scan.coverage.skip(self.id, location, NotApplicableError("no type is known that leads to itself"))
                return
            made_up = graphql_schema.Cycle(cycle.path, (f"qa{scan.random.number()}",))
            if _answered(self._ask(scan, operation, {"query": made_up.query(made_up.least)})):
                raise NotEvaluatedError("a query with a field that there is not is answered too")
            with scan.sender.lock.exclusive():
                found = self._deeper(scan, operation, cycle, location)
            scan.coverage.tried(self.id, location)
            if found:
                yield found

    def _deeper(self, scan: Scan, operation: ScanOperation, cycle: graphql_schema.Cycle, location: str) -> Finding | None:
        before: Exchange | None = None
        for depth in range(cycle.least, self.DEEPEST + 1):
            answer = self._ask(scan, operation, {"query": cycle.query(depth)})
            if not _answered(answer):
                if answer.status:
                    return None  # it is refused: that is a limit
                raise NotEvaluatedError(f"a query {depth} levels deep was not answered")
            if answer.duration > self.LONG or len(answer.text) > self.LARGEST:
                brought = f"{len(answer.text) / 1000:.0f} KB after {answer.duration:.1f} s"
                return self.finding(location, f"a query {depth} levels deep brings {brought}", answer)
            if before and len(before.text) > self.LARGEST / 10 and len(answer.text) > 10 * len(before.text):
                raise NotEvaluatedError(f"each level multiplies the answer, by ten at {depth}: deeper ones would do harm")
            before = answer
        again = self._ask(scan, operation, {"query": cycle.query(self.DEEPEST)})
        if before and _answered(again):
            return self.finding(location, f"a query {self.DEEPEST} levels deep is answered", before, again)
        return None

    def _cycle(self, scan: Scan, operation: ScanOperation) -> graphql_schema.Cycle | None:
        """Fields that lead from a type to itself: by the schema, or else by the queries of the description."""
        schema = self._ask(scan, operation, {"query": graphql_schema.INTROSPECTION}).body
        if cycle := graphql_schema.cycle_in(schema):
            return cycle
        queries = [str(each.body.get("query", "")) for each in scan.target.operations if _is_beside(each, operation)]
        for cycle in graphql_schema.guesses(queries):
            if _answered(self._ask(scan, operation, {"query": cycle.query(cycle.least + 1)})):
                return cycle
        return None

    def _undescribed(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        """The queries and mutations of the schema that no operation of the description sends."""
        location = f"{operation.method} {operation.route}"
        query = "{__schema{queryType{fields{name}} mutationType{fields{name}}}}"
        answer = self._ask(scan, operation, {"query": query})
        schema = _data(answer).get("__schema") if answer.ok else None
        kinds = [kind for kind in (schema.values() if isinstance(schema, dict) else ()) if isinstance(kind, dict)]
        names = {str(field.get("name")) for kind in kinds for field in kind.get("fields") or []}
        described = " ".join(json.dumps(each.body) for each in scan.target.operations if each.route == operation.route)
        if unknown := sorted(names - set(re.findall(r"\w+", described))):
            observed = f"introspection names what is not described: {', '.join(unknown)}"
            yield self.finding(location, observed[:300], answer, severity=Severity.INFO)

    @staticmethod
    def _ask(scan: Scan, operation: ScanOperation, query: Any) -> Exchange:
        return scan.sender.send(operation, scan.plan.identity_for(operation), body=json.dumps(query).encode())


def _tried(answer: Exchange, alone: Exchange) -> int:
    """How many of the aliases a0, a1 and so on are answered as the same sign-in is alone: by an error, or by the same value."""
    refusals, usual = _errors(answer), set(_errors(alone).values())
    data = _data(answer)
    names = {name for name in (*refusals, *data) if ALIAS.fullmatch(name)}
    if usual:
        return sum(refusals.get(name) in usual for name in names)
    value = next(iter(_data(alone).values()), None)
    return sum(name in data and data[name] == value for name in names)


def _errors(answer: Exchange) -> dict[str, str]:
    """The messages of the errors of a query, by the field of the query at which each is."""
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    found = {}
    for error in filter(lambda each: isinstance(each, dict), errors if isinstance(errors, list) else []):
        path = error.get("path")
        found[str(path[0]) if isinstance(path, list) and path else ""] = str(error.get("message"))
    return found


def _data(answer: Exchange) -> dict[str, Any]:
    """The data that a query brought; empty where there is none, as beside errors."""
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    return data if isinstance(data, dict) else {}


def _answered(answer: Exchange) -> bool:
    """Whether a query was answered with data, and without an error."""
    body = answer.body
    return answer.ok and isinstance(body, dict) and isinstance(body.get("data"), dict) and not body.get("errors")


def _is_beside(operation: ScanOperation, other: ScanOperation) -> bool:
    """Whether two operations are queries of one path."""
    return operation.route == other.route and isinstance(operation.body, dict)
