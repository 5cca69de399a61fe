"""A service of notes with a contract, right or with one thing wrong with it."""

import datetime as dt
import itertools
from typing import Annotated, Literal

from fastapi import Body, FastAPI, Header, HTTPException, Query, Response
from pydantic import BaseModel, Field

TOKENS = {"ann-token": "ann", "ben-token": "ben"}


class New(BaseModel):
    title: str = Field(min_length=1, max_length=60)
    colour: str = Field("red", pattern="^(red|blue)$")
    pinned: bool = False
    weight: float = Field(1, ge=0, le=500)


class Change(BaseModel):
    title: str | None = None
    pinned: bool | None = None
    colour: str | None = Field(None, pattern="^(red|blue)$")


class Note(New):
    id: int
    owner: str
    created_at: dt.datetime
    updated_at: dt.datetime
    archived: bool = False


class Page(BaseModel):
    items: list[Note]
    total: int


def application(*wrong):  # noqa: C901, PLR0915  # small routes, each with what may be wrong with it
    """The service; ``wrong`` names what is wrong with it."""
    app = FastAPI()
    notes, numbers, reads = {}, itertools.count(1), itertools.count()

    def now():
        return dt.datetime.now(dt.UTC)

    def caller(authorization):
        user = TOKENS.get((authorization or "").removeprefix("Bearer "))
        if not user:
            raise HTTPException(401)
        return user

    def found(note_id, user, *, open_to_all=False):
        note = notes.get(note_id)
        if note is None or note.get("deleted") or (note["owner"] != user and not open_to_all):
            raise HTTPException(404)
        return note

    def as_answer(note):
        answer = {name: value for name, value in note.items() if name != "deleted"}
        if "no-zone" in wrong:
            answer = answer | {"created_at": answer["created_at"].replace(tzinfo=None)}
        if "old-times" in wrong:
            answer = answer | {"created_at": answer["created_at"] - dt.timedelta(hours=2)}
        if "updated-first" in wrong:
            answer = answer | {"updated_at": answer["created_at"] - dt.timedelta(seconds=9)}
        return answer

    @app.get("/proof")
    def proof():
        return {"id": "notes"}

    @app.post("/notes", status_code=201, response_model=Note)
    def create(body: Annotated[dict, Body()], response: Response, authorization: Annotated[str | None, Header()] = None):
        user = caller(authorization)
        number = 7 if "same-identifier" in wrong else next(numbers)
        if "leaves-a-row" in wrong and "title" not in body:
            notes[number] = New(title="draft").model_dump() | {
                "id": number,
                "owner": user,
                "created_at": now(),
                "updated_at": now(),
            }
        try:
            given = New(**body)
        except ValueError:
            raise HTTPException(422) from None
        note = given.model_dump() | {"id": number, "owner": user, "created_at": now(), "updated_at": now()}
        if "lower-case" in wrong:
            note["title"] = note["title"].upper()
        if "drops-pinned" in wrong:
            note["pinned"] = True
        if "whole-weights" in wrong:
            note["weight"] = float(int(note["weight"]))
        notes[number] = note
        response.headers["Location"] = f"/notes/{1 if 'location-of-the-first' in wrong else number}"
        return as_answer(note | {"owner": "nobody"} if "answers-no-owner" in wrong else note)

    @app.get("/notes", response_model=Page)
    def listing(  # noqa: C901  # as many filters as there are, each with what may be wrong with it
        authorization: Annotated[str | None, Header()] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0)] = 0,
        colour: str | None = None,
        pinned: bool | None = None,
        title: str | None = None,
        min_weight: float | None = None,
        created_before: dt.datetime | None = None,
        sort: Literal["weight", "-weight", "title", "created_at"] = "created_at",
    ):
        user = caller(authorization)
        mine = [note for note in notes.values() if note["owner"] == user or "lists-all" in wrong]
        mine = [note for note in mine if not note.get("deleted") or "lists-deleted" in wrong]
        if "last-missing" in wrong:
            mine = mine[:-1]
        if colour and "ignores-colour" not in wrong:
            mine = [note for note in mine if note["colour"] == colour]
        if pinned is not None and not (colour and "one-filter-alone" in wrong):
            mine = [note for note in mine if note["pinned"] is (pinned or "pinned-always" in wrong)]
        if title and "title-nothing" in wrong:
            mine = []
        elif title:
            mine = [note for note in mine if note["title"] == title]
        if min_weight is not None:
            mine = [note for note in mine if note["weight"] >= min_weight + ("min-is-outside" in wrong)]
        if created_before and "no-moments" not in wrong:
            latest = created_before if created_before.tzinfo else created_before.replace(tzinfo=dt.UTC)
            mine = [note for note in mine if note["created_at"] < latest]
        field = sort.lstrip("-")
        if "sort-ignored" not in wrong and not (field == "weight" and "sorts-no-weights" in wrong):
            as_texts = "sorts-as-texts" in wrong
            falls = sort.startswith("-") and "never-falls" not in wrong
            mine = sorted(mine, key=lambda note: str(note[field]) if as_texts else note[field], reverse=falls)
        if "no-order" in wrong and next(reads) % 2:
            mine.reverse()
        if "sorted-in-part" in wrong and sort != "created_at":
            mine = mine[:-1]
        begin = max(0, offset - 1) if "overlapping" in wrong else offset + (offset > 0) if "skips" in wrong else offset
        items = mine[begin : begin + limit + ("one-more" in wrong)]
        total = len(items) if "total-of-page" in wrong else len(mine)
        return {"items": [as_answer(note) for note in items], "total": total}

    @app.get("/notes/{note_id}", response_model=Note)
    def read(note_id: int, authorization: Annotated[str | None, Header()] = None):
        note = found(note_id, caller(authorization), open_to_all="read-by-all" in wrong)
        if "reading-changes" in wrong:
            note["updated_at"] = now()
        return as_answer(note)

    @app.put("/notes/{note_id}", response_model=Note)
    def replace(note_id: int, body: New, authorization: Annotated[str | None, Header()] = None):
        note = found(note_id, caller(authorization), open_to_all="put-for-all" in wrong)
        if "forgets" not in wrong:
            note.update(body.model_dump(), updated_at=now())
        if "changes-all" in wrong:
            for other in notes.values():
                other["title"] = body.title
        return as_answer(note | body.model_dump())

    @app.patch("/notes/{note_id}", response_model=Note)
    def change(note_id: int, body: Change, authorization: Annotated[str | None, Header()] = None):
        user = caller(authorization)
        if "patches-deleted" in wrong and note_id in notes:
            return as_answer(notes[note_id])
        note = found(note_id, user)
        note.update(body.model_dump(exclude_none=True), updated_at=now())
        if "patch-takes-pins-away" in wrong and body.pinned is None:
            note["pinned"] = not note["pinned"]
        return as_answer(note)

    @app.post("/notes/{note_id}/archive", response_model=Note)
    def archive(note_id: int, authorization: Annotated[str | None, Header()] = None):
        note = found(note_id, caller(authorization))
        if "archives-nothing" not in wrong:
            note["archived"] = True
        if "archives-all" in wrong:
            for other in notes.values():
                other["archived"] = True
        return as_answer(note | {"archived": True})

    @app.delete("/notes/{note_id}", status_code=204)
    def delete(note_id: int, authorization: Annotated[str | None, Header()] = None):
        note = found(note_id, caller(authorization), open_to_all="delete-for-all" in wrong)
        if "deletes-nothing" in wrong:
            return Response(status_code=204)
        if "deletes-all" in wrong:
            for other in notes.values():
                other["deleted"] = True
        note["deleted"] = True
        return Response(status_code=204)

    return app


def contract():
    """What the service promises; its POST reads the body by hand, so that the schema is put in."""
    document = application().openapi()
    document["paths"]["/notes"]["post"]["requestBody"]["content"]["application/json"]["schema"] = New.model_json_schema()
    return document
