"""The HTTP side: routing, error forms, and no traceback for anything that a client sends."""

import asyncio
import json

import pytest

from athena_sandbox.glue.app import GlueApp
from athena_sandbox.glue.moto_services import Answer, MotoServices

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=key/20250101/{region}/{service}/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


class Moto:
    """A double of moto: it knows two operations, breaks in one, and records its calls."""

    def __init__(self):
        self.asked = []

    def answer(self, path, query, headers, body):
        operation = headers.get("x-amz-target", "").rpartition(".")[2] or path.strip("/") or body.decode()
        self.asked.append(operation)
        if operation == "GetTags":
            raise KeyError("inside")
        if operation == "StartColumnStatisticsTaskRun":
            raise NotImplementedError
        return Answer(200, [("content-type", "application/json")], b'{"by":"moto"}')


@pytest.fixture
def post(glue):
    app = GlueApp(glue.service, Moto())

    def send(body=b"", *, path="/", method="POST", service="glue", region="eu-central-1", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if service:
            named["authorization"] = SIGNED.format(region=region, service=service)
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
        chunks = [body[:5], body[5:]]
        sent = []

        async def receive():
            chunk = chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

        async def take(message):
            sent.append(message)

        asyncio.run(app(scope, receive, take))
        start, content = sent
        return start["status"], dict(start["headers"]), content["body"]

    return send


def call(post, operation, request=None, **options):
    body = request if isinstance(request, bytes) else json.dumps(request or {}).encode()
    options.setdefault("content_type", "application/x-amz-json-1.1")
    status, headers, content = post(body, x_amz_target=f"AWSGlue.{operation}", **options)
    return status, headers, json.loads(content)


def test_health(post):
    assert post(method="GET", path="/health", service=None)[0] == 200


def test_an_answer_is_json_with_its_length_and_a_request_id(post):
    status, headers, answer = call(post, "GetDatabase", {"Name": "sales"})
    assert status == 200
    assert headers[b"content-type"] == b"application/x-amz-json-1.1"
    assert headers[b"x-amzn-requestid"]
    assert answer["Database"]["Name"] == "sales"


def test_a_refusal_is_in_the_form_that_botocore_and_the_java_sdk_read(post):
    status, headers, answer = call(post, "GetTable", {"DatabaseName": "sales", "Name": "nosuch"})
    assert status == 400
    assert headers[b"x-amzn-errortype"] == b"EntityNotFoundException"
    assert answer == {"__type": "EntityNotFoundException", "Message": "Entity Not Found"}


REGIONS = ("eu-central-1", "us-west-2")


def test_the_region_is_the_one_of_the_signature(post):
    there = [call(post, "GetDatabases", region=region)[2]["DatabaseList"] for region in REGIONS]
    assert [[database["Name"] for database in databases] for databases in there] == [
        ["default", "sales"],
        ["default"],
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"\xff\xfe", "SerializationException"),
        (b"[" * 100_000, "SerializationException"),
        (b"[]", "SerializationException"),
        (b"null", "SerializationException"),
        (b'"text"', "SerializationException"),
        (b"", "ValidationException"),
        (b'{"DatabaseName": 5, "Name": "t"}', "SerializationException"),
        (b'{"DatabaseName": "' + b"x" * 256 + b'", "Name": "t"}', "ValidationException"),
    ],
)
def test_hostile_bodies_are_the_callers_errors(post, body, code):
    status, _, answer = call(post, "GetTable", body)
    assert (status, answer["__type"]) == (400, code)


def test_operations_that_glue_does_not_have_are_unknown(post):
    status, _, answer = call(post, "GetTabel")
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_operations_that_are_not_served_are_refused_by_name(post):
    status, _, answer = call(post, "StartColumnStatisticsTaskRun")
    assert (status, answer["__type"]) == (400, "OperationNotSupportedException")
    assert "glue:StartColumnStatisticsTaskRun" in answer["Message"]


def test_the_rest_of_glue_sts_and_lake_formation_go_to_moto(post):
    assert call(post, "GetJobs")[2] == {"by": "moto"}
    assert post(path="/GetDataLakeSettings", service="lakeformation")[2] == b'{"by":"moto"}'
    assert post(b"Action=GetCallerIdentity&Version=2011-06-15", service="sts")[2] == b'{"by":"moto"}'


def test_an_unsigned_sts_call_is_recognised(post):
    form = "application/x-www-form-urlencoded; charset=utf-8"
    answer = post(b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15", service=None, content_type=form)
    assert answer[2] == b'{"by":"moto"}'


def test_a_failure_inside_is_an_internal_error_without_a_traceback(post, caplog):
    status, _, answer = call(post, "GetTags")
    assert (status, answer["__type"]) == (500, "InternalServiceException")
    assert "inside" not in answer["Message"]
    assert "KeyError" in caplog.text


def test_other_json_services_are_refused_by_name(post):
    status, _, content = post(
        b"{}",
        service="dynamodb",
        x_amz_target="DynamoDB.ListTables",
        content_type="application/x-amz-json-1.0",
    )
    assert status == 400
    assert json.loads(content)["Message"].startswith("dynamodb:ListTables is not served here")


def test_other_xml_services_are_refused_in_xml(post):
    status, headers, content = post(service="s3", path="/<bucket>")
    assert (status, headers[b"content-type"]) == (400, b"text/xml")
    assert b"<Message>s3:&lt;bucket&gt; is not served here" in content


def test_a_resource_without_lf_tags_has_none(monkeypatch):
    # moto's part sets it for its process, which is this one: it is restored for the tests after this.
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "000000000000")
    signed = SIGNED.format(region="eu-central-1", service="lakeformation")

    def lake_formation(operation, **members):
        headers = {"content-type": "application/json", "authorization": signed}
        answer = MotoServices("LOCALTEST").answer(f"/{operation}", "", headers, json.dumps(members).encode())
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    table = {"Table": {"DatabaseName": "d", "Name": "untagged"}}
    assert lake_formation("GetResourceLFTags", Resource=table).get("LFTagsOnTable", []) == []
    database = {"Database": {"Name": "untagged"}}
    assert lake_formation("GetResourceLFTags", Resource=database).get("LFTagOnDatabase", []) == []
    lake_formation("CreateLFTag", TagKey="team", TagValues=["a"])
    tag = {"TagKey": "team", "TagValues": ["a"]}
    lake_formation("RemoveLFTagsFromResource", Resource=table, LFTags=[tag])
    lake_formation("AddLFTagsToResource", Resource=table, LFTags=[tag])
    [found] = lake_formation("GetResourceLFTags", Resource=table)["LFTagsOnTable"]
    assert (found["TagKey"], found["TagValues"]) == ("team", ["a"])
