"""Documents for tests."""

import json

from theodore_qa import openapi


def whole(paths=None, version="3.1.0", **more):
    """A document with some paths."""
    key = "swagger" if version == "2.0" else "openapi"
    return {key: version, "info": {"title": "shop", "version": "1"}, "paths": {} if paths is None else paths} | more


def document(paths=None, version="3.1.0", source="shop.json", **more):
    """The reader's view of a document, which went through text."""
    openapi._documents.clear()
    return openapi.parse(json.dumps(whole(paths, version, **more)), source)


def answering(schema, version="3.1.0", **more):
    """A document whose only answer has a schema; and that schema."""
    answer = {"schema": schema} if version == "2.0" else {"content": {"application/json": {"schema": schema}}}
    read = document({"/a": {"get": {"responses": {"200": answer}}}}, version, **more)
    return read, read.operation("GET", "/a").response(200).media("application/json").schema


def wrong(schema, value, version="3.1.0", sent=False, **more):
    """What is wrong with a value."""
    read, own = answering(schema, version, **more)
    return read.errors(own, value, sent=sent)


def reasons(read):
    """What is not understood, as sentences."""
    return [str(problem) for problem in read.not_understood]
