"""How a request for an operation is put together: a good value for each parameter, and those of choice in place of theirs."""

from __future__ import annotations

import copy
import html
import json
import re
import string
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, urlencode

from SecurityLibrary.description import graphql, operations, xml_texts
from SecurityLibrary.description.insertion_points import as_text, put_in, value_at
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.identities.made_identity import MadeIdentity
from SecurityLibrary.identities.registrations import FORGOTTEN, names_of_accounts, new_name
from SecurityLibrary.sending.pacing import INVALID
from SecurityLibrary.values import other_names
from SecurityLibrary.values.sample_files import File, meant, PICTURE
from SecurityLibrary.values.usual_values import usual
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.objects.handed_out import Objects
    from SecurityLibrary.target import Target
    from SecurityLibrary.values.randomness import ScanRandom
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

FILES = re.compile(r"(?i)files?|upload|attachment|archive|document|image|photo|avatar|picture|logo|csv")
IMAGES = re.compile(r"(?i)image|photo|avatar|picture|logo")
NAMES = re.compile(r"(?i)(?:^|[._-])(?:name|title|label|slug|code|subject|sku|handle)$|[a-z](?:Name|Title)$")
CALLED = re.compile(r"(?i)e?-?mail|e-?mail_?address|user_?name|login(?:_?name)?")  # what an account signs in by
ROOM = 12  # characters
CODE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]+(?:[ ./_-][A-Za-z0-9]+)*")
LEAST_DIGITS = 3
NOT_FOUND, CONFLICT = 404, 409
XML_TEXT = re.compile(r">([^<>]*[^<>\s][^<>]*)<")
GIVEN = {"example", "examples", "default", "const", "enum", "pattern"}


class RequestBuilder:
    """Builds the requests of one target, with good values for its parameters."""

    def __init__(self, target: Target, authenticator: Authenticator, objects: Objects, random: ScanRandom) -> None:
        self.target, self.authenticator, self.objects, self.random = target, authenticator, objects, random
        self.unique: set[str] = set()  # operations that refuse what has the name of something that exists
        self.unique_codes: set[str] = set()  # those of them that refuse it by another text than a name: a number plate, a number
        self.sparse: set[tuple[str, tuple[str, ...]]] = set()  # places of objects that are refused with all their properties
        self.guessed: set[str] = set()  # operations that refuse what the document would allow
        self.known_names: set[str] = set()  # operations that take no other names than those that they are described with
        self.found: dict[tuple[str, str, str], Any] = {}  # good values that answers named, by operation, parameter and identity
        self.handed_out: dict[tuple[str, str, str], ScanOperation] = {}  # what hands a value out for each request, as above
        self.lacking: dict[str, dict[str, Any]] = {}  # properties that refusals have asked for, by operation
        self.replaced: dict[tuple[str, str], Any] = {}  # described values that are gone, by parameter and identity

    def composed(
        self, operation: ScanOperation, given: Mapping[InsertableParameter, Any], whose: Identity | None, *, raw: bool
    ) -> tuple[str, dict[str, str], Any]:
        """Path with query, headers and content; ``whose`` objects it names, ``raw`` leaves path values as they are."""
        path, query, content, head = operation.route, [], copy.deepcopy(operation.body), {}
        for parameter in operation.parameters:
            if parameter not in given and not self.includes(operation, parameter, whose):
                continue
            value = given[parameter] if parameter in given else self.good(operation, parameter, whose)
            if parameter.kind == "array" and not isinstance(value, list | dict):
                value = [value]
            if parameter.location == "path":
                path = path.replace(f"{{{parameter.name}}}", str(value) if raw else quote(str(value), safe=""))
            elif parameter.location == "query":
                query += [(parameter.name, item) for item in (value if isinstance(value, list) else [value])]
            elif parameter.location == "header":
                head[parameter.name] = str(value).strip()  # HTTP allows no white space around the value of a header
            elif parameter.location == "cookie":
                head["Cookie"] = f"{parameter.name}={value}"
            else:
                content = self._placed(operation, content, parameter, value, whose)
        content = self._completed(operation, content)
        if query:
            path += ("&" if "?" in path else "?") + urlencode([(name, as_text(value)) for name, value in query], quote_via=quote)
        return path, head, content

    def includes(self, operation: ScanOperation, parameter: InsertableParameter, whose: Identity | None) -> bool:
        """Whether a good request has a good value for a parameter without being given one."""
        described = parameter.name in self.target.values or (whose is not None and parameter.name in whose.values)
        described = described or (str(operation) in self.guessed and parameter.location == "body" and operation.body is not None)
        described = described or (str(operation), str(parameter), whose.name if whose else "") in self.found
        # A form for a file is rarely taken without one; and what an example names is not removed.
        described = described or is_file(operation, parameter) or parameter == operation.removed
        return parameter.required or described

    def _completed(self, operation: ScanOperation, content: Any) -> Any:
        """A content with new texts where those have to be new, and with what refusals have asked for beside what is described."""
        if isinstance(content, str):
            return self.renewed(operation, content)
        for name, value in self.lacking.get(str(operation), {}).items() if isinstance(content, dict) else ():
            if value_at(content, tuple(name.split("."))) is None:
                content = put_in(content, tuple(name.split(".")), value)
        return content

    def _placed(
        self, operation: ScanOperation, content: Any, parameter: InsertableParameter, value: Any, whose: Identity | None
    ) -> Any:
        """A content with a value in its place."""
        if xml_texts.is_place(parameter.pointer):
            return xml_texts.put(str(content), parameter.pointer, value)
        return put_in(self._with_siblings(operation, content, parameter, whose), parameter.pointer, value)

    def good(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None) -> Any:
        """A good value for a parameter: from the description, from the API's own answers, or from its schema."""
        enters = self.authenticator.signs_in(operation) and parameter.name == self.authenticator.name_field
        if enters or parameter in names_of_accounts(self.authenticator, operation):
            return new_name(self.random, parameter)  # of its own each time: limits count by names, and no two accounts have one
        last = operation.method == "DELETE" and operation.path.rstrip("/").endswith(f"{{{parameter.name}}}")
        last = last or (operation.method == "POST" and operation.takes_away and parameter == operation.last)
        if last or parameter == operation.removed:
            return self.made_for_removal(operation, parameter, identity)
        if (described := self._described(operation, parameter, identity)) is not None:
            return described
        variable = "#" in operation.path and graphql.takes_variable(parameter)  # its example is a placeholder in most rows
        placeholder = variable or not is_given(parameter) or str(operation) in self.guessed
        named = parameter.location == "path" or (noun_of(operation, parameter) and placeholder)
        if named and (found := self.objects.identifier(operation, parameter, identity)) is not None:
            return found
        own = self.objects.tenant_of(identity, parameter) if identity else None
        if identity and own is None and FORGOTTEN.search(operation.path) and "mail" in parameter.name.lower():
            own = self.objects.address_of(identity) or None
        if own is not None:
            return own
        pictured = IMAGES.search(parameter.name) or IMAGES.search(operation.route)
        takes = is_file(operation, parameter)
        example = value_at(operation.body, parameter.pointer) if parameter.location == "body" else None
        sampled = samples.sample(self.target.document, parameter.schema)
        file = (meant(parameter, example) or (PICTURE if pictured else None)) if takes else None
        value = file or (example if example is not None else sampled)
        if str(operation) in self.guessed and value == sampled:
            value = usual(parameter, value)
        return self._new_where_unique(operation, parameter, value)

    def new_one(self, key: tuple[str, str, str], identity: Identity | None) -> Any:
        """A value that was just handed out for a place, by what hands it out for each request; None where nothing does."""
        source = self.handed_out.get(key)
        answer = self.objects.send(source, identity) if source is not None else None
        name = key[1].partition(" ")[2].rpartition(".")[2]
        return next(other_names.called(answer.body, name), None) if answer is not None and answer.ok else None

    def _described(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None) -> Any:
        """What the description says of whoever sends it, and of the operation; None where it says nothing."""
        own_name = _own_name(parameter, identity)
        known = self._known(operation, parameter, identity)
        if own_name and (known is None or isinstance(identity, MadeIdentity)):
            return own_name
        return known if known is None else self._new_where_unique(operation, parameter, known)

    def _known(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None) -> Any:
        """A value of the description, or one that answers named; None where there is none."""
        if (handed := self.new_one((str(operation), str(parameter), identity.name if identity else ""), identity)) is not None:
            return handed
        if identity and (parameter.name, identity.name) in self.replaced:
            return self.replaced[parameter.name, identity.name]
        for values in (identity.values if identity else {}, self.target.values):
            for name in (f"{operation} {parameter.name}", parameter.name):
                if name in values:
                    return values[name]
        return self.found.get((str(operation), str(parameter), identity.name if identity else ""))

    def needs_new_names(self, operation: ScanOperation, answer: Exchange) -> bool:
        """Whether an operation has just refused a name that exists, or a new one that does not, for the first time."""
        label = str(operation)
        if label in self.unique and answer.status in (*INVALID, NOT_FOUND):
            self.unique.discard(label)
            self.unique_codes.discard(label)
            self.known_names.add(label)
            return True
        if answer.outcome != CONFLICT:
            return False
        return self.give_new_names(operation) or self._give_new_codes(operation)

    def _give_new_codes(self, operation: ScanOperation) -> bool:
        """Give what an operation makes new codes too, once new names have not helped; returns whether it takes some."""
        label = str(operation)
        codes = any(_is_code(operation, each, value_at(operation.body, each.pointer)) for each in operation.parameters)
        if label not in self.unique or label in self.unique_codes or not codes:
            return False
        self.unique_codes.add(label)
        return True

    def give_new_names(self, operation: ScanOperation) -> bool:
        """Give what an operation makes new names from now on; returns whether it had none, and takes some."""
        had = operation.method != "POST" or str(operation) in self.unique | self.known_names
        if not had:
            self.unique.add(str(operation))
        return not had

    def renewed(self, operation: ScanOperation, document: str) -> str:
        """A document of XML with new texts, where the operation refuses those that there are already."""
        if str(operation) not in self.unique or not (operation.media or "").endswith("xml"):
            return document
        return XML_TEXT.sub(lambda match: f">{match[1]} {self.random.number()}<", document)

    def _new_where_unique(self, operation: ScanOperation, parameter: InsertableParameter, value: Any) -> Any:
        """A value, or in place of a name that has to be new another that there was not before."""
        if str(operation) in self.unique_codes and _is_code(operation, parameter, value):
            return "".join(self.random.choice(string.digits) if char.isdigit() else char for char in value)
        if str(operation) not in self.unique or not _is_name(parameter, value):
            return value
        return f"{value}{' ' if ' ' in value else ''}{self.random.number()}"

    def made_for_removal(self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None) -> Any:
        """An object to be removed that was made for it: all else needs what the description and the examples name."""
        made = self.objects.identifier(operation, parameter, identity, fresh=True)
        if made is None:
            raise NotEvaluatedError("it would remove what was there before, and the API makes no other")
        return made

    def _with_siblings(
        self, operation: ScanOperation, content: Any, parameter: InsertableParameter, whose: Identity | None
    ) -> Any:
        """A content with the object that a parameter stands in: where there was none, with good values for all that it takes."""
        above = parameter.pointer[:-1]
        if not above or value_at(content, above) is not None:
            return content
        sparse = (str(operation), above) in self.sparse
        for candidate in operation.parameters:
            if candidate.location == "body" and candidate.pointer[:-1] == above and (candidate.required or not sparse):
                content = put_in(content, candidate.pointer, self.good(operation, candidate, whose))
        return content


def _own_name(parameter: InsertableParameter, identity: Identity | None) -> str:
    """What an identity signs in by, where a path names an account: the one that the document names may be somebody else's."""
    if parameter.location != "path" or parameter.kind != "string" or not CALLED.fullmatch(parameter.name):
        return ""
    if isinstance(identity, MadeIdentity):
        return identity.called(parameter.name)
    return identity.username if identity and "mail" not in parameter.name.lower() else ""


def encoded(operation: ScanOperation, content: Any, beside: Mapping[str, Any]) -> tuple[bytes, str | None]:
    """A content and what goes ``beside`` it, as it goes out, and its media type."""
    content = graphql.with_beside(operation, content, dict(beside)) if beside else content
    if content is None or operation.media is None:
        return b"", None
    if operation.media == operations.FORM:
        fields = content if isinstance(content, dict) else {}
        sent = content if isinstance(content, str) else urlencode({name: as_text(value) for name, value in fields.items()})
        return sent.encode(), operations.FORM
    if operation.media.startswith(operations.MULTIPART):
        return _multipart(operation, content)
    if operation.media.endswith("xml") and isinstance(content, dict):
        return "".join(_elements(operation.root, content)).encode(), operation.media
    if not operation.takes_json and isinstance(content, str):  # XML, CSV and other texts
        return content.encode(), operation.media
    return json.dumps(content).encode(), operation.media if operation.takes_json else operations.JSON


def _elements(name: str, value: Any) -> Iterator[str]:
    """A value as an element of XML."""
    if isinstance(value, list):
        for item in value:
            yield from _elements(name, item)
        return
    yield f"<{name}>"
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _elements(str(inner), item)
    else:
        yield html.escape(as_text(value), quote=False)
    yield f"</{name}>"


def _multipart(operation: ScanOperation, content: Any) -> tuple[bytes, str]:
    """A form with files."""
    import httpx

    content = content if isinstance(content, dict) else {}
    files = {parameter.name for parameter in operation.parameters if is_file(operation, parameter)}
    parts: dict[str, Any] = {}
    for name, value in content.items():
        file = value if isinstance(value, File) else File(f"qa-{name}.txt", as_text(value).encode(), "text/plain")
        parts[name] = (file.name, file.content, file.media) if name in files else (None, file.content)
    if not parts:  # httpx makes no form of nothing
        return b"--qa--\r\n", f"{operations.MULTIPART}; boundary=qa"
    request = httpx.Request("POST", "http://form/", files=parts)
    return request.read(), request.headers["content-type"]


def is_file(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a part of a form is a file: by its schema, or by its name in a row."""
    binary = parameter.schema.get("format") == "binary" or "contentMediaType" in parameter.schema
    return (operation.media or "").startswith(operations.MULTIPART) and (binary or bool(FILES.fullmatch(parameter.name)))


def _is_name(parameter: InsertableParameter, value: Any) -> bool:
    """Whether a parameter is what a new object is called, and its value a text that may be longer."""
    free = isinstance(value, str) and not {"enum", "const", "format", "pattern"} & parameter.schema.keys()
    room = int(parameter.schema.get("maxLength", 100)) - len(str(value)) > ROOM
    return free and room and parameter.location == "body" and bool(NAMES.search(parameter.name))


def _is_code(operation: ScanOperation, parameter: InsertableParameter, value: Any) -> bool:
    """Whether a value is a text with a number that tells what is made from others, such as a number plate, and may be another."""
    free = isinstance(value, str) and not {"enum", "const", "format"} & parameter.schema.keys()
    coded = free and CODE.fullmatch(value) is not None and sum(map(str.isdigit, value)) >= LEAST_DIGITS
    return coded and parameter.location == "body" and not noun_of(operation, parameter)


def is_given(parameter: InsertableParameter) -> bool:
    """Whether the description has a value for it; an empty list is none."""
    return any(parameter.schema.get(key) not in ([], None) for key in GIVEN)
