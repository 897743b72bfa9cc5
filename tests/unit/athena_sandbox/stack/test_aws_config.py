import subprocess
from pathlib import Path

import boto3
import pytest

from athena_sandbox.settings import StateLayout
from athena_sandbox.stack.aws_config import client_environment, config_text, shell_exports

LAYOUT = StateLayout(Path("/st ate"))
URLS = {"athena": "http://127.0.0.1:1", "glue": "http://127.0.0.1:2", "storage": "http://127.0.0.1:3"}

TEXT = """\
# Written by athena-sandbox at every start; changes are lost.
[profile local]
region = eu-central-1
output = json
aws_access_key_id = LOCALKEY
aws_secret_access_key = test
services = local
s3 =
    addressing_style = path

[services local]
athena =
    endpoint_url = http://127.0.0.1:1
cloudformation =
    endpoint_url = http://127.0.0.1:3
glue =
    endpoint_url = http://127.0.0.1:2
kms =
    endpoint_url = http://127.0.0.1:3
lakeformation =
    endpoint_url = http://127.0.0.1:2
s3 =
    endpoint_url = http://127.0.0.1:3
s3tables =
    endpoint_url = http://127.0.0.1:3
sts =
    endpoint_url = http://127.0.0.1:2
"""


def test_the_file_is_this() -> None:
    assert config_text("eu-central-1", URLS, "LOCALKEY") == TEXT


@pytest.mark.parametrize(
    ("service", "url"),
    [
        ("athena", "http://127.0.0.1:1"),
        ("glue", "http://127.0.0.1:2"),
        ("sts", "http://127.0.0.1:2"),
        ("lakeformation", "http://127.0.0.1:2"),
        ("s3", "http://127.0.0.1:3"),
        ("s3tables", "http://127.0.0.1:3"),
        ("cloudformation", "http://127.0.0.1:3"),
        ("kms", "http://127.0.0.1:3"),
    ],
)
def test_boto3_follows_it(service: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(TEXT)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "local")
    client = boto3.Session().client(service)  # type: ignore[call-overload]
    assert client.meta.endpoint_url == url
    assert client.meta.region_name == "eu-central-1"


def test_variables_that_would_lead_elsewhere_are_removed() -> None:
    environ = {
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_SECRET_ACCESS_KEY": "real",
        "HOME": "/home/me",
    }
    assert client_environment(LAYOUT, environ) == {
        "AWS_ENDPOINT_URL_S3": None,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": None,
        "AWS_REGION": None,
        "AWS_SECRET_ACCESS_KEY": None,
        "AWS_CONFIG_FILE": "/st ate/aws/config",
        "AWS_PROFILE": "local",
    }


def test_the_loopback_address_is_reached_without_a_proxy() -> None:
    changes = client_environment(LAYOUT, {"HTTP_PROXY": "http://proxy.example", "NO_PROXY": "a.example"})
    assert changes["NO_PROXY"] == "a.example,127.0.0.1,localhost"
    assert changes["no_proxy"] == "127.0.0.1,localhost"


def test_the_shell_understands_the_exports() -> None:
    exports = shell_exports({"AWS_REGION": None, "AWS_CONFIG_FILE": "/st ate/it's"})
    script = f'AWS_REGION=x; {exports} printf "%s|%s" "$AWS_CONFIG_FILE" "${{AWS_REGION-gone}}"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True).stdout == "/st ate/it's|gone"
