"""The doubles of the AI providers speak their vendors' wire formats: proved with the vendors' own SDKs."""

import contextlib
import json
import socket
import subprocess
import threading
from types import SimpleNamespace

import boto3
import httpx
import openai
import pytest
import uvicorn
from botocore.config import Config
from botocore.exceptions import ClientError
from google import genai
from google.genai import errors, types

from theodore_qa import paths
from theodore_qa.systems import environment
from theodore_sandbox import dependencies

PROMPT = (
    "### PAGE https://slack.com/ lang=en\nSlack: where work happens\nSlack is a collaboration platform. It was founded in 2013."
)
KEYS = {"openai": "THEODORE_TEST_OPENAI", "gemini": "THEODORE_TEST_GEMINI", "bedrock": "THEODORE_TEST_BEDROCK"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    for name, variable in KEYS.items():
        patch.setenv(variable, "AKIATEST:secret-of-this-test" if name == "bedrock" else f"{name}-key-for-this-test")
    declared = environment.load(paths.shipped("variables") / "sandbox.yaml")
    theodore = declared.system("theodore")
    theodore.declared.sandbox.provider_key_env.update(KEYS)
    sandbox = theodore.new_sandbox()
    yield sandbox
    sandbox.stop()
    patch.undo()


def set_behaviour(running, link, behaviour):
    httpx.put(f"{running.urls['journal']}/behaviours/{link}", json=behaviour).raise_for_status()


def gemini(running, key="gemini-key-for-this-test"):
    options = types.HttpOptions(base_url=running.urls["gemini"], retry_options=types.HttpRetryOptions(attempts=1))
    client = genai.Client(api_key=key, http_options=options)
    KEPT.append(client)  # one that is not kept closes its connections in the middle of a call
    return client


def bedrock(running, secret="secret-of-this-test"):
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=running.urls["bedrock"],
        aws_access_key_id="AKIATEST",
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1, "mode": "standard"}),
    )


KEPT = []
PAGE = "### PAGE https://x.example/ lang=en\nX\nX is based in Berlin."
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]


def test_gemini_generates_with_googles_sdk(running):
    client = gemini(running)
    whole = client.models.generate_content(model="gemini-2.5-pro", contents=PROMPT, config={"temperature": 0})
    assert json.loads(whole.text)["founded_year"] == 2013
    assert whole.candidates[0].finish_reason == types.FinishReason.STOP
    usage = whole.usage_metadata
    assert usage.prompt_token_count + usage.candidates_token_count == usage.total_token_count
    counted = client.models.count_tokens(model="gemini-2.5-pro", contents=PROMPT).total_tokens
    assert counted == usage.prompt_token_count > 0
    pieces = list(client.models.generate_content_stream(model="gemini-2.5-pro", contents=PROMPT))
    assert "".join(piece.text for piece in pieces) == whole.text
    assert pieces[-1].usage_metadata.total_token_count > 0


def test_gemini_embeds_with_googles_sdk(running):
    client = gemini(running)
    answer = client.models.embed_content(model="gemini-embedding-001", contents=["a bakery", "a bakery", "a bank"])
    same, again, other = (embedding.values for embedding in answer.embeddings)
    assert len(same) == 1536
    assert same == again != other
    config = types.EmbedContentConfig(output_dimensionality=256)
    assert len(client.models.embed_content(model="gemini-embedding-001", contents="x", config=config).embeddings[0].values) == 256


def test_gemini_refuses_as_google_does(running):
    with pytest.raises(errors.ClientError) as wrong_key:
        gemini(running, "wrong").models.generate_content(model="gemini-2.5-pro", contents=PROMPT)
    assert (wrong_key.value.code, wrong_key.value.status) == (400, "INVALID_ARGUMENT")
    assert wrong_key.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    with pytest.raises(errors.ClientError) as no_model:
        gemini(running).models.generate_content(model="gemini-9", contents=PROMPT)
    assert (no_model.value.code, no_model.value.status) == (404, "NOT_FOUND")


def test_bedrock_converses_with_amazons_sdk(running):
    client = bedrock(running)
    whole = client.converse(modelId="amazon.nova-pro-v1:0", messages=MESSAGES, system=[{"text": "Read the pages."}])
    text = whole["output"]["message"]["content"][0]["text"]
    assert json.loads(text)["founded_year"] == 2013
    assert whole["stopReason"] == "end_turn"
    assert whole["usage"]["inputTokens"] + whole["usage"]["outputTokens"] == whole["usage"]["totalTokens"]
    events = list(client.converse_stream(modelId="amazon.nova-lite-v1:0", messages=MESSAGES)["stream"])
    pieces = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(pieces) == text
    assert events[-1]["metadata"]["usage"]["totalTokens"] > 0


def test_bedrock_embeds_with_amazons_sdk(running):
    client = bedrock(running)
    answer = client.invoke_model(modelId="amazon.titan-embed-text-v1", body=json.dumps({"inputText": "a bakery"}))
    body = json.loads(answer["body"].read())
    assert len(body["embedding"]) == 1536
    assert body["inputTextTokenCount"] > 0


def test_bedrock_refuses_as_amazon_does(running):
    with pytest.raises(ClientError) as wrong_key:
        bedrock(running, "wrong").converse(modelId="amazon.nova-pro-v1:0", messages=MESSAGES)
    assert wrong_key.value.response["Error"]["Code"] == "AccessDeniedException"
    with pytest.raises(ClientError) as no_model:
        bedrock(running).converse(modelId="amazon.nova-nine-v1:0", messages=MESSAGES)
    assert no_model.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_rate_limits_are_announced_in_each_vendors_words(running):
    for link in ("openai", "gemini", "bedrock"):
        set_behaviour(running, link, {"status": 429, "retry_after": 7})
    try:
        client = openai.OpenAI(api_key="openai-key-for-this-test", base_url=f"{running.urls['openai']}/v1", max_retries=0)
        with pytest.raises(openai.RateLimitError) as by_openai:
            client.models.list()
        assert by_openai.value.response.headers["retry-after"] == "7"
        with pytest.raises(errors.ClientError) as by_google:
            gemini(running).models.generate_content(model="gemini-2.5-pro", contents=PROMPT)
        assert (by_google.value.code, by_google.value.status) == (429, "RESOURCE_EXHAUSTED")
        with pytest.raises(ClientError) as by_amazon:
            bedrock(running).converse(modelId="amazon.nova-pro-v1:0", messages=MESSAGES)
        assert by_amazon.value.response["Error"]["Code"] == "ThrottlingException"
    finally:
        for link in ("openai", "gemini", "bedrock"):
            set_behaviour(running, link, {})


@contextlib.contextmanager
def served(app, **options):
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1, **options))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def alone():
    with served(dependencies.gemini.create_app("right")) as google, served(dependencies.bedrock.create_app("right")) as amazon:
        yield SimpleNamespace(urls={"gemini": f"http://{google}", "bedrock": f"http://{amazon}"})


@pytest.fixture
def by_api_key(tmp_path, monkeypatch):  # which Amazon's SDK sends over TLS only
    files = {"ssl_keyfile": str(tmp_path / "key.pem"), "ssl_certfile": str(tmp_path / "certificate.pem")}
    made = [
        "-keyout",
        files["ssl_keyfile"],
        "-out",
        files["ssl_certfile"],
        "-subj",
        "/CN=x",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made], check=True, capture_output=True)

    def client(api_key):
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", api_key)
        return boto3.client("bedrock-runtime", "us-east-1", endpoint_url=f"https://{address}", verify=files["ssl_certfile"])

    with served(dependencies.bedrock.create_app("right"), **files) as address:
        yield client


def test_bedrock_takes_an_api_key_from_amazons_sdk(by_api_key):
    client = by_api_key("right")
    short = client.converse(modelId="amazon.nova-pro-v1:0", messages=MESSAGES)
    text = short["output"]["message"]["content"][0]["text"]
    assert json.loads(text)["founded_year"] == 2013
    events = client.converse_stream(modelId="amazon.nova-pro-v1:0", messages=MESSAGES)["stream"]
    assert "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event) == text
    turn = {"role": "assistant", "content": [{"text": PAGE}]}
    long = client.converse(modelId="amazon.nova-pro-v1:0", messages=[*MESSAGES, turn])
    assert long["output"] == short["output"]
    assert long["usage"]["inputTokens"] > short["usage"]["inputTokens"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        by_api_key("wrong").converse(modelId="amazon.nova-pro-v1:0", messages=MESSAGES)


def test_what_gemini_said_and_was_instructed_is_counted_but_not_read(alone):
    client = gemini(alone, "right")
    turns = [types.Content(role=role, parts=[types.Part(text=text)]) for role, text in (("user", PROMPT), ("model", PAGE))]
    given = ({"contents": turns[:1]}, {"contents": turns}, {"contents": turns[:1], "config": {"system_instruction": PAGE}})
    answers = [client.models.generate_content(model="gemini-2.5-pro", **request) for request in given]
    alone_asked, *more_asked = (answer.usage_metadata.prompt_token_count for answer in answers)
    assert alone_asked < min(more_asked)
    assert (len({answer.text for answer in answers}), len({answer.response_id for answer in answers})) == (1, 3)
    assert answers[0].model_version == "gemini-2.5-pro"


X, HALF = [{"text": "x"}], [{"text": "\ud800"}]
UNUSABLE = [b"nope", b"\xff", b"[]", b"{}", b"[" * 100_000]
CONTENTS = [{"contents": contents} for contents in (5, [{}], [{"parts": 5}], [{"parts": [{"text": 7}]}], [{"parts": HALF}])]
CONTENTS += [{"contents": [{"parts": X}], "systemInstruction": 5}]
EMBEDDED = [{"content": {"parts": X}, "outputDimensionality": wrong} for wrong in ("many", -4, 0, [1], 10**9)]
MESSAGED = [{"messages": messages} for messages in (5, [1], [{"role": "x", "content": X}], [{"role": "user", "content": 5}])]
MESSAGED += [{"messages": [{"role": "user", "content": HALF}]}, {"messages": MESSAGES, "system": 5}]
CASES = {
    "/v1beta/models/gemini-2.5-pro:generateContent": CONTENTS,
    "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse": CONTENTS,
    "/v1beta/models/gemini-2.5-pro:countTokens": CONTENTS,
    "/v1beta/models/gemini-embedding-001:embedContent": [{"content": 5}, *EMBEDDED],
    "/v1beta/models/gemini-embedding-001:batchEmbedContents": [
        {"requests": requests} for requests in (5, [{}], EMBEDDED[0], EMBEDDED[1:])
    ],
    "/model/amazon.nova-pro-v1%3A0/converse": MESSAGED,
    "/model/amazon.nova-pro-v1%3A0/converse-stream": MESSAGED,
    "/model/amazon.titan-embed-text-v1/invoke": [{"inputText": 5}, {"inputText": ""}],
}


def sent(alone, path, body):
    url = alone.urls["gemini" if path.startswith("/v1beta") else "bedrock"] + path
    headers = {"x-goog-api-key": "right", "authorization": "Bearer right"}
    return httpx.post(url, content=body if isinstance(body, bytes) else json.dumps(body), headers=headers)


@pytest.mark.parametrize("path", CASES)
def test_an_unusable_body_is_refused_in_the_vendors_shape(alone, path):
    for body in [*UNUSABLE, *CASES[path]]:
        answer = sent(alone, path, body)
        kind = answer.headers.get("x-amzn-errortype") or answer.json()["error"]["status"]
        assert (answer.status_code, kind) == (400, "INVALID_ARGUMENT" if "gemini" in path else "ValidationException"), str(body)[
            :80
        ]


def test_models_have_their_own_methods_only(alone):
    for method in ("gemini-2.5-pro:embedContent", "gemini-embedding-001:generateContent", "gemini-2.5-pro:sing"):
        answer = sent(alone, f"/v1beta/models/{method}", {"contents": [{"parts": X}], "content": {"parts": X}})
        assert answer.json()["error"]["status"] == "NOT_FOUND"
    kinds = {
        "arn%2Fnone/converse": "ResourceNotFound",
        "amazon.titan-embed-text-v1/converse": "Validation",
        "amazon.nova-pro-v1%3A0/sing": "UnknownOperation",
    }
    for path, kind in kinds.items():
        assert sent(alone, f"/model/{path}", {"messages": MESSAGES}).headers["x-amzn-errortype"] == f"{kind}Exception"
    assert httpx.get(f"{alone.urls['bedrock']}/ping").json() == {}
