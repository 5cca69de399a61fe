"""The doubles of the AI providers speak their vendors' wire formats: proved with the vendors' own SDKs."""

import json

import boto3
import openai
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from google import genai
from google.genai import errors, types

from theodore_qa import environment, paths, sandbox

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
    declared.sandbox["provider_key_env"] = KEYS
    one = sandbox.start(declared)
    yield one
    one.stop()
    patch.undo()


def told(running, link, behaviour):
    import httpx

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
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]


def test_gemini_generates_with_googles_sdk(running):
    client = gemini(running)
    whole = client.models.generate_content(
        model="gemini-2.5-pro", contents=PROMPT, config=types.GenerateContentConfig(temperature=0)
    )
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
    same, again, other = (one.values for one in answer.embeddings)
    assert len(same) == 1536
    assert same == again != other
    config = types.EmbedContentConfig(output_dimensionality=256)
    assert len(client.models.embed_content(model="gemini-embedding-001", contents="x", config=config).embeddings[0].values) == 256


def test_gemini_refuses_as_google_does(running):
    with pytest.raises(errors.ClientError) as wrong_key:
        gemini(running, "wrong").models.generate_content(model="gemini-2.5-pro", contents=PROMPT)
    assert (wrong_key.value.code, wrong_key.value.status) == (400, "INVALID_ARGUMENT")
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


def test_rate_limits_are_told_in_each_vendors_words(running):
    for link in ("openai", "gemini", "bedrock"):
        told(running, link, {"status": 429, "retry_after": 7})
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
            told(running, link, {})
