"""Requests that reach the real ministack behind the allow-list: known services, nothing that runs code."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from ministack.app import app as ministack

from athena_sandbox.gateway.allow_list import AllowList, confine_ministack
from athena_sandbox.wire.access import AccessCheck

ROLE = "arn:aws:iam::000000000000:role/r"


class Storage:
    """Requests to ministack behind the allow-list, or without it, signed for any service."""

    def __init__(self, app: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), timeout=60)

    def __call__(
        self, service: str, method: str, path: str, body: bytes = b"", **headers: str
    ) -> httpx.Response:
        scope = f"key/20250101/us-east-1/{service}/aws4_request"
        signed = {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        # The address whole, or httpx would take what follows `//` for a host.
        url = f"http://127.0.0.1:4566{path}"
        call = self._http.request(method, url, content=body, headers={**(signed if service else {}), **named})
        return self._loop.run_until_complete(call)

    def query(self, action: str, **parameters: str) -> httpx.Response:
        """A call of CloudFormation."""
        form = urlencode({"Action": action, "Version": "2010-05-15", **parameters})
        return self(
            "cloudformation", "POST", "/", form.encode(), content_type="application/x-www-form-urlencoded"
        )

    def deploy(self, template: dict[str, Any]) -> str:
        """The end of a stack, with its reasons."""
        name = f"s{uuid.uuid4().hex[:12]}"
        capabilities = {"Capabilities.member.1": "CAPABILITY_AUTO_EXPAND"}
        made = self.query("CreateStack", StackName=name, TemplateBody=json.dumps(template), **capabilities)
        if made.status_code != 200:
            return made.text
        return self.ended(name)

    def ended(self, name: str) -> str:
        """The events of a stack when it no longer changes."""
        deadline = time.monotonic() + 20
        while "_IN_PROGRESS</StackStatus>" in self.query("DescribeStacks", StackName=name).text:
            assert time.monotonic() < deadline
            self._loop.run_until_complete(asyncio.sleep(0.02))
        return self.query("DescribeStackEvents", StackName=name).text

    def close(self) -> None:
        self._loop.run_until_complete(self._http.aclose())
        self._loop.close()


@pytest.fixture
def storage() -> Iterator[Storage]:
    confine_ministack()
    made = Storage(AccessCheck(AllowList(ministack), None, "s3"))
    yield made
    made.close()


@pytest.fixture
def confined() -> Iterator[Storage]:
    """ministack itself, as if a request had got past the allow-list."""
    confine_ministack()
    made = Storage(ministack)
    yield made
    made.close()


def function(mark: Path) -> bytes:
    """CreateFunction of a function that leaves a mark."""
    code = f"def handler(event, context):\n    open({str(mark)!r}, 'w').close()\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    return json.dumps(
        {
            "FunctionName": "f",
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Role": ROLE,
            "Code": {"ZipFile": base64.b64encode(packed.getvalue()).decode()},
        }
    ).encode()


# Unsigned, as a page's simple POST came this far, or signed for one or the other.
@pytest.mark.parametrize("service", ["", "lambda", "s3"])
def test_no_function_is_made_or_run(
    storage: Storage, confined: Storage, service: str, tmp_path: Path
) -> None:
    for door in (storage, confined):
        text = {"content_type": "text/plain"}
        made = door(service, "POST", "/2015-03-31/functions", function(tmp_path / "mark"), **text)
        called = door(service, "POST", "/2015-03-31/functions/f/invocations", b"{}", **text)
        assert made.status_code >= 400
        assert called.status_code >= 400
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    ("service", "headers"),
    [
        ("lambda", {}),
        ("sqs", {"content_type": "application/x-www-form-urlencoded"}),
        ("dynamodb", {"content_type": "application/x-amz-json-1.0", "x_amz_target": "DynamoDB_20120810.X"}),
        ("states", {"content_type": "application/x-amz-json-1.0", "x_amz_target": "AWSStepFunctions.X"}),
        ("events", {"content_type": "application/x-amz-json-1.1", "x_amz_target": "AWSEvents.PutRule"}),
        ("codebuild", {"content_type": "application/x-amz-json-1.1"}),
        ("ecs", {"content_type": "application/x-amz-json-1.1"}),
    ],
)
def test_another_service_is_refused_by_name(storage: Storage, service: str, headers: dict[str, str]) -> None:
    answer = storage(service, "POST", "/", b"{}", **headers)
    assert answer.status_code == 403
    assert f"{service} is not served by the sandbox" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/_ministack/reset",
        "/_ministack/config",
        "/_ministack/health",
        "/%5Fministack/reset",
        "/_ministack%2Freset",
        "//_ministack/reset",
        "/_localstack/health",
        "/_aws/lambda-url/f/",
        "/_aws/execute-api/a/stage/",
        "/_alb/x/",
        "/_ministack/rds/iam-auth",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_path_of_ministacks_own_is_refused(storage: Storage, method: str, path: str) -> None:
    answer = storage("s3", method, path, b"{}" if method != "GET" else b"")
    assert answer.status_code == 403
    assert "is not served by the sandbox" in answer.text


def test_nothing_is_erased_by_a_reset_that_gets_past(confined: Storage) -> None:
    bucket = f"kept-{uuid.uuid4().hex[:8]}"
    assert confined("s3", "PUT", f"/{bucket}").status_code == 200
    confined("s3", "POST", "/_ministack/reset")
    assert confined("s3", "HEAD", f"/{bucket}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "f.lambda-url.eu-central-1.localhost"},
        {"host": "a.execute-api.localhost"},
        {"host": "sqs.eu-central-1.amazonaws.com"},
        {"x_amz_target": "DynamoDB_20120810.ListTables"},
        {"x_amz_target": "AmazonSQS.ListQueues"},
    ],
    ids=lambda headers: next(iter(headers.values())),
)
def test_a_request_signed_for_s3_stays_s3(confined: Storage, headers: dict[str, str]) -> None:
    answer = confined("s3", "GET", "/?Action=ListQueues", **headers)
    assert "ListAllMyBucketsResult" in answer.text


@pytest.mark.parametrize("name", ["iceberg-data", "login-events", "clusters", "2015-03-31", "v20180820"])
def test_a_bucket_may_have_a_name_that_means_something_elsewhere(storage: Storage, name: str) -> None:
    assert storage("s3", "PUT", f"/{name}").status_code == 200
    assert storage("s3", "PUT", f"/{name}/functions", b"content").status_code == 200
    assert storage("s3", "GET", f"/{name}/functions").content == b"content"


@pytest.mark.parametrize("path", ["/iceberg%2Fv1/config", "/%69ceberg/v1/config"])
def test_the_iceberg_catalog_has_one_spelling(storage: Storage, path: str) -> None:
    assert "is not served by the sandbox" in storage("s3tables", "GET", path).text


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ("AWS::Lambda::Function", "Unrecognized resource types: [AWS::Lambda::Function]"),
        ("AWS::CloudFormation::CustomResource", "Unrecognized resource types"),
        ("AWS::CloudFormation::Stack", "Unrecognized resource types"),
        ("AWS::Events::Rule", "Unrecognized resource types"),
        ("AWS::Scheduler::Schedule", "Unrecognized resource types"),
        ("AWS::StepFunctions::StateMachine", "Unrecognized resource types"),
        ("Custom::Code", "Custom resources run code and are not supported by this server."),
    ],
)
def test_a_stack_makes_nothing_that_runs_code(storage: Storage, resource: str, reason: str) -> None:
    properties = {"ServiceToken": "arn:aws:lambda:eu-central-1:000000000000:function:f", "Role": ROLE}
    assert reason in storage.deploy({"Resources": {"R": {"Type": resource, "Properties": properties}}})
    # A template with a macro isn't checked before it is made.
    with_macro = {"Transform": "Mine", "Resources": {"R": {"Type": resource, "Properties": properties}}}
    events = storage.deploy(with_macro)
    # ministack has placeholders for CloudFormation's own types, which are names and nothing else.
    assert "CREATE_COMPLETE</ResourceStatus>" not in events or "-R-noop-" in events


def test_a_stack_makes_what_the_product_has(storage: Storage) -> None:
    name = f"cf-{uuid.uuid4().hex[:8]}"
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    assert "CREATE_COMPLETE" in storage.deploy({"Resources": {"R": bucket}})
    assert storage("s3", "HEAD", f"/{name}").status_code == 200


BUCKETS = {"AWS::S3::Bucket": "BucketName", "AWS::S3Tables::TableBucket": "TableBucketName"}


@pytest.mark.parametrize("kind", BUCKETS)
@pytest.mark.parametrize("name", ["..", "../../../outside", "a/b", ".versions"])
def test_a_stack_makes_no_bucket_outside_of_the_buckets_folder(
    storage: Storage, kind: str, name: str
) -> None:
    bucket = {"Type": kind, "Properties": {BUCKETS[kind]: name}}
    assert "The specified bucket is not valid" in storage.deploy({"Resources": {"R": bucket}})
    assert f"<Name>{name}</Name>" not in storage("s3", "GET", "/").text


@pytest.mark.parametrize("kind", BUCKETS)
def test_a_stacks_bucket_is_not_renamed_to_a_folder_outside(storage: Storage, kind: str) -> None:
    def template(bucket_name: str) -> str:
        return json.dumps({"Resources": {"R": {"Type": kind, "Properties": {BUCKETS[kind]: bucket_name}}}})

    name = f"s{uuid.uuid4().hex[:12]}"
    storage.query("CreateStack", StackName=name, TemplateBody=template(name))
    storage.ended(name)
    storage.query("UpdateStack", StackName=name, TemplateBody=template("../outside"))
    assert "The specified bucket is not valid" in storage.ended(name)
    assert "<Name>../outside</Name>" not in storage("s3", "GET", "/").text


@pytest.mark.parametrize("service", ["cloudformation", "iam"])
def test_a_link_changes_nothing(storage: Storage, service: str) -> None:
    name = f"s{uuid.uuid4().hex[:12]}"
    query = urlencode({"Action": "CreateRole", "RoleName": name, "AssumeRolePolicyDocument": "{}"})
    credential = f"X-Amz-Credential=key/20250101/us-east-1/{service}/aws4_request"
    answer = storage("", "GET", f"/?{query}&{credential}")
    assert answer.status_code == 403
    assert f"Send requests for {service} by POST." in answer.text


def test_health_is_answered(storage: Storage) -> None:
    assert storage("", "GET", "/health").text == "ok\n"


def test_a_ministack_of_another_build_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    from ministack import app

    monkeypatch.delattr(app, "_handle_special_data_plane_request")
    with pytest.raises(RuntimeError, match="_handle_special_data_plane_request"):
        confine_ministack.__wrapped__()
