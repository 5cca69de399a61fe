"""Bodies of several parts, as another program's parser reads them."""

import base64
import email
import email.policy

import pytest
from raw_server import OK, raw_serving, read_request
from theodore_load_driving import driven

from theodore_load import scenario
from theodore_qa.errors import UsageError

BINARY = bytes(range(256))


def parts_sent(parts, folder, **entries):
    """The parts that a server received, by name: content, file name and media type."""
    received = []

    async def handler(reader, writer):
        while True:
            received.append(await read_request(reader))
            writer.write(OK)

    step = {"request": "POST /files", "multipart": parts, "expect": {"fields": {"status": "ok"}}}
    with raw_serving(handler) as port:
        assert driven(port, step, folder=folder, **entries).ok == 1
    ((head, body),) = received
    media = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type:"))
    message = email.message_from_bytes(media + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_payload(decode=True),
            part.get_filename(),
            part.get_content_type() if part.get_filename() else None,
        )
        for part in message.iter_parts()
    }


def test_texts_and_files_arrive_as_they_are(tmp_path):
    (tmp_path / "all.bin").write_bytes(BINARY)
    parts = {
        "who": "{{name}} {{user}}",
        "raw": {"file": "all.bin"},
        "table": {"content": "a,{{name}}", "name": "people.csv"},
        "packed": {"base64": base64.b64encode(BINARY).decode(), "type": "image/png"},
    }
    assert parts_sent(parts, tmp_path, data=[{"name": "Zoë €"}]) == {
        "who": ("Zoë € 0".encode(), None, None),
        "raw": (BINARY, "all.bin", "application/octet-stream"),
        "table": ("a,Zoë €".encode(), "people.csv", "text/csv"),
        "packed": (BINARY, "packed", "image/png"),
    }


def test_names_cannot_end_their_header(tmp_path):
    (name,) = parts_sent({'a"; x="\r\nb': "1"}, tmp_path)
    assert name == "a%22; x=%22%0D%0Ab"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"multipart": {"a": "1"}, "json": {}}, "has several bodies (json, multipart): leave it one"),
        ({"multipart": {}}, "has a multipart body without parts: name at least one"),
        ({"multipart": ["a"]}, "has a multipart body without parts: name at least one"),
        ({"multipart": {"a": {"fiel": "x"}}}, "There is no entry 'fiel' in the part 'a' of the step 'POST /': did you mean 'file'?"),
        ({"multipart": {"a": {"file": "gone.bin"}}}, "gone.bin of the part 'a' cannot be read: No such file or directory"),
        ({"multipart": {"a": {"base64": "&"}}}, "The part 'a' of the step 'POST /' is no base64"),
    ],
)
def test_bodies_that_are_none(tmp_path, entries, message):
    steps = [{"request": "POST /", "expect": {"text": "a"}} | entries]
    with pytest.raises(UsageError) as raised:
        scenario.read({"url": "http://h", "stages": ["1 users x 1"], "journeys": [{"steps": steps}]}, tmp_path)
    assert message in str(raised.value)
