"""Who the running stack answers: what browsers send, clients without its key, other users of the machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import UnauthorizedError
from tests.support.sandbox import Sandbox
from tests.support.table_buckets import TableBucket

PARTS = ("storage", "glue", "athena")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# What each service is asked, and how it calls a key that it doesn't know.
SERVICES = {
    "s3": ("list_buckets", "InvalidAccessKeyId"),
    "s3tables": ("list_table_buckets", "UnrecognizedClientException"),
    "athena": ("list_work_groups", "UnrecognizedClientException"),
    "glue": ("get_databases", "UnrecognizedClientException"),
    "lakeformation": ("list_lf_tags", "UnrecognizedClientException"),
    "kms": ("list_keys", "UnrecognizedClientException"),
    "sts": ("get_caller_identity", "InvalidClientTokenId"),
    "cloudformation": ("list_stacks", "InvalidClientTokenId"),
}


def port_of(sandbox: Sandbox, part: str) -> int:
    return int(sandbox.state["parts"][part]["port"])


def ask(
    sandbox: Sandbox, part: str, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], str]:
    """A request with these headers and no others; status, headers and body of the answer."""
    port = port_of(sandbox, part)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": f"127.0.0.1:{port}"} | headers).items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    named = {name.lower(): value for name, value in answer.getheaders()}
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, named, text


def bearer(sandbox: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.access_key}"}


# -- what a browser sends -----------------------------------------------------------------------------

OTHER_SITE = {"Origin": "https://site.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty"}
# A page's simple POST, a form, an image, a preflight, and a page whose name was made to point here.
FROM_A_PAGE = {
    "a POST of text": ("POST", OTHER_SITE | {"Sec-Fetch-Mode": "no-cors", "Content-Type": "text/plain"}),
    "a form": (
        "POST",
        {
            "Origin": "null",
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    ),
    "an image": ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
    "another port of this machine": ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}),
    "a preflight": (
        "OPTIONS",
        OTHER_SITE
        | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-amz-target",
            "Access-Control-Request-Private-Network": "true",
        },
    ),
    "a rebound name": ("POST", {"Host": "rebound.example:80", "Sec-Fetch-Site": "same-origin"}),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("sent", FROM_A_PAGE)
def test_what_a_page_sends_is_refused_even_with_the_key(sandbox: Sandbox, part: str, sent: str) -> None:
    method, headers = FROM_A_PAGE[sent]
    for path in ("/", "/_ministack/reset", "/2015-03-31/functions", "/health"):
        for known in ({}, bearer(sandbox)):
            status, answered, _ = ask(sandbox, part, method, path, headers | known)
            assert status == 403
            assert not [name for name in answered if name.startswith("access-control-")]


@pytest.mark.parametrize("sent", [*FROM_A_PAGE, "a user's name", "a password", "a forged node"])
def test_the_engine_runs_nothing_without_the_stacks_token(sandbox: Sandbox, sent: str) -> None:
    claims = b".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"HS256"}', b'{"sub":"athena"}')
    )
    # Trino's own secret between nodes, where none is set, is the name of its environment.
    secret = hashlib.sha256(b"sandbox").digest()
    forged = base64.urlsafe_b64encode(hmac.digest(secret, claims, hashlib.sha256)).rstrip(b"=")
    _, headers = {
        **FROM_A_PAGE,
        "a user's name": ("POST", {"X-Trino-User": "athena"}),
        "a password": ("POST", {"Authorization": "Basic YXRoZW5hOg==", "X-Trino-User": "athena"}),
        "a forged node": ("POST", {"X-Trino-Internal-Bearer": b".".join((claims, forged)).decode()}),
    }[sent]
    mark = uuid.uuid4().hex
    for more in ({}, {"X-Forwarded-Proto": "https"}, bearer(sandbox)):
        for path in ("/v1/statement", "/v1/query", "/v1/memory", "/v1/info/state"):
            status, _, _ = ask(sandbox, "trino", "POST", path, headers | more, f"select '{mark}'".encode())
            assert status in (400, 401, 403, 404, 405)
    seen = sandbox.engine_rows("select query from system.runtime.queries")
    assert not [query for (query,) in seen if mark in query and "runtime.queries" not in query]


def test_the_engine_knows_the_stacks_own_user_only(sandbox: Sandbox) -> None:
    assert sandbox.engine_rows("select current_user") == [["athena"]]


PAGE = """<!doctype html><title>a page of another site</title><iframe name="frame"></iframe><script>
const told = [];
async function ask(name, url, options) {
  try {
    const answer = await fetch(url, options);
    told.push([name, answer.type, answer.type === "opaque" ? "" : await answer.text()]);
  } catch (error) { told.push([name, "blocked", ""]); }
}
function socket(name, url) {
  return new Promise(done => {
    const line = new WebSocket(url);
    line.onopen = () => { told.push([name, "open", ""]); done(); };
    line.onerror = () => { told.push([name, "blocked", ""]); done(); };
  });
}
(async () => {
  const text = {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}};
  const functions = STORAGE + "/2015-03-31/functions";
  await ask("make", functions, {...text, body: FUNCTION});
  await ask("run", functions + "/f/invocations", {...text, body: "{}"});
  await ask("reset", STORAGE + "/_ministack/reset", text);
  for (const url of PARTS) {
    await ask("read " + url, url + "/", {});
    await ask("health " + url, url + "/health", {});
    await ask("query " + url, url + "/v1/statement", {...text, body: "select 1"});
    await ask("call " + url, url + "/", {
      method: "POST", body: "{}", headers: {"X-Amz-Target": "AmazonAthena.ListWorkGroups"},
    });
    await socket("socket " + url, url.replace("http", "ws") + "/");
  }
  const form = document.createElement("form");
  Object.assign(form, {method: "POST", action: STORAGE + "/_ministack/reset", target: "frame"});
  document.body.append(form);
  form.submit();
  await new Promise(done => setTimeout(done, 300));
  await fetch("/told", {method: "POST", body: JSON.stringify(told)});
})();
</script>"""


@contextmanager
def chromium(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Debian's Chromium without a window, with a profile of its own and no call to the outside."""
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    process = subprocess.Popen(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
            *("--no-first-run", f"--user-data-dir={folder}", *quiet, *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # Its helpers, too; after --dump-dom all of them have ended.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Site:
    """A web site that serves one page and receives what its script found."""

    def __init__(self, page: str) -> None:
        site = self
        self.told: list[list[str]] = []
        self.heard = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())

            def do_POST(self) -> None:
                site.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()
                site.heard.set()

            def log_message(self, *values: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        # Another site than 127.0.0.1.
        self.url = f"http://localhost:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_page_in_a_real_browser_reads_and_does_nothing_if_chromium_is_installed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    s3 = sandbox.client("s3")
    s3.put_object(Bucket="acme-lakehouse-results", Key="tests/kept", Body=b"kept")
    mark = tmp_path / "mark"
    code = f"def handler(event, context):\n    open({str(mark)!r}, 'w').close()\n"
    packed = tmp_path / "code.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    function = {
        "FunctionName": "f",
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"ZipFile": base64.b64encode(packed.read_bytes()).decode()},
    }
    urls = [f"http://127.0.0.1:{port_of(sandbox, part)}" for part in (*PARTS, "trino")]
    page = PAGE.replace("STORAGE", json.dumps(urls[0])).replace("PARTS", json.dumps(urls))
    site = Site(page.replace("FUNCTION", json.dumps(json.dumps(function))))
    try:
        with chromium(tmp_path / "profile", site.url):
            assert site.heard.wait(60), "the page's script did not end"
    finally:
        site.close()
    outcomes = {name: kind for name, kind, _ in site.told}
    # Sent, its answer hidden by the browser; what it did is looked at below.
    assert {outcomes[name] for name in ("make", "run", "reset")} == {"opaque"}
    others = {
        name: kind
        for name, kind in outcomes.items()
        if name.split()[0] in ("read", "health", "call", "socket")
    }
    assert len(others) == 4 * len(urls)
    assert set(others.values()) == {"blocked"}
    assert not mark.exists()
    assert s3.get_object(Bucket="acme-lakehouse-results", Key="tests/kept")["Body"].read() == b"kept"


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_query_page_opens_in_a_real_browser_if_chromium_is_installed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    sandbox.sql(f"select '{mark}'")
    page = json.loads(sandbox.run("athena-sandbox", "status", "--json").stdout)["queries_page"]
    with chromium(tmp_path / "profile", "--dump-dom", page) as browser:
        assert mark in browser.communicate(timeout=60)[0]


def test_the_query_page_needs_its_token(sandbox: Sandbox) -> None:
    page = json.loads(sandbox.run("athena-sandbox", "status", "--json").stdout)["queries_page"]
    path = f"/{page.split('/')[3]}/"
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    status, headers, text = ask(sandbox, "athena", "GET", path, typed)
    assert (status, headers["referrer-policy"]) == (200, "no-referrer")
    assert "<h1>" in text
    for other, more in (("/", {}), ("/x/", {}), (path, {"Host": "rebound.example"})):
        status, _, text = ask(sandbox, "athena", "GET", other, typed | more)
        assert status == 403
        assert "<h1>" not in text


# -- the access key -----------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_the_key_opens_a_service_at_its_address_and_at_the_one_address(
    sandbox: Sandbox, service: str
) -> None:
    operation, code = SERVICES[service]
    address = f"http://127.0.0.1:{port_of(sandbox, 'storage')}"
    for more in ({}, {"endpoint_url": address}):
        getattr(sandbox.session().client(service, **more), operation)()
        stranger = sandbox.session().client(
            service, aws_access_key_id="test", aws_secret_access_key="test", **more
        )
        with pytest.raises(ClientError) as refused:
            getattr(stranger, operation)()
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_an_object_is_read_by_a_presigned_address_and_not_by_its_name(sandbox: Sandbox) -> None:
    session, place = sandbox.session(), {"Bucket": "acme-lakehouse-results", "Key": "tests/presigned"}
    session.client("s3").put_object(**place, Body=b"content")
    for version in ("s3v4", "s3"):
        signing = session.client("s3", config=Config(signature_version=version))
        address = signing.generate_presigned_url("get_object", place)
        path = "/" + address.split("/", 3)[3]
        assert ask(sandbox, "storage", "GET", path, {})[::2] == (200, "content")
        other = path.replace(sandbox.access_key, "LOCALOTHER")
        assert ask(sandbox, "storage", "GET", other, {})[0] == 403
    nobody = session.client("s3", config=Config(signature_version=UNSIGNED))
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        nobody.get_object(**place)


def test_credentials_of_an_assumed_role_open_every_part(sandbox: Sandbox) -> None:
    role = {"RoleArn": "arn:aws:iam::000000000000:role/reader", "RoleSessionName": "tests"}
    assumed = sandbox.session().client("sts").assume_role(**role)["Credentials"]
    session = boto3.Session(
        assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"], "eu-central-1"
    )
    for part, service in zip(PARTS, ("s3", "glue", "athena"), strict=True):
        client: Any = session.client
        address = f"http://127.0.0.1:{port_of(sandbox, part)}"
        getattr(client(service, endpoint_url=address), SERVICES[service][0])()


def test_an_iceberg_client_that_does_not_sign_sends_the_key_as_its_token(sandbox: Sandbox) -> None:
    bucket = TableBucket.make(sandbox, f"token-{uuid.uuid4().hex[:8]}")
    try:
        address = {"uri": f"http://127.0.0.1:{port_of(sandbox, 'storage')}/iceberg", "warehouse": bucket.arn}
        assert ("ns",) in RestCatalog("s3tables", **address, token=sandbox.access_key).list_namespaces()
        with pytest.raises(UnauthorizedError, match="access key"):
            RestCatalog("s3tables", **address, token="other")
    finally:
        bucket.remove()


def test_tools_that_know_one_address_are_given_it_and_the_key(sandbox: Sandbox) -> None:
    script = (
        "import boto3, os; del os.environ['AWS_PROFILE'], os.environ['AWS_CONFIG_FILE']; "
        "print(boto3.client('athena').get_work_group(WorkGroup='primary')['WorkGroup']['Name'], "
        "boto3.client('glue').meta.endpoint_url, len(boto3.client('s3').list_buckets()['Buckets']) > 0)"
    )
    done = sandbox.run("athena-sandbox", "exec", "--one-address", "--", "python", "-c", script)
    assert done.stdout == f"primary http://127.0.0.1:{port_of(sandbox, 'storage')} True\n"


# -- other users of the machine -----------------------------------------------------------------------


def test_nothing_of_the_stack_is_open_to_others_and_nothing_shows_the_key(sandbox: Sandbox) -> None:
    root = sandbox.state_directory
    places = [root / name for name in (*PARTS, "trino", "logs", "aws", "state.json")]
    files = [one for place in places for one in (place, *place.rglob("*"))]
    deadline = time.monotonic() + 10
    # A file may vanish while it is looked at.
    while opened := [one for one in files if one.exists() and one.lstat().st_mode & 0o077]:
        assert time.monotonic() < deadline, opened
        time.sleep(0.1)
    assert root.stat().st_mode & 0o077 == 0
    logs = (root / "logs").glob("*.log*")
    assert not [log for log in logs if sandbox.access_key in log.read_text(errors="replace")]
    for part in sandbox.state["parts"].values():
        process = psutil.Process(part["process"]["pid"])
        for one in (process, *process.children(recursive=True)):
            # A child may end in the meantime.
            with suppress(psutil.NoSuchProcess):
                assert sandbox.access_key not in " ".join(one.cmdline())
