"""A Maven repository on the loopback address that misbehaves on demand, and artifacts to download from it."""

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from athena_sandbox.runtime.artifacts import Artifact


@dataclass
class Repository:
    """Serves `files` by name. `script` holds, for the next requests, what to do instead of a plain answer:
    a number answers with that status; "cut:N" sends N bytes of the body and closes; "whole" ignores Range.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    script: list[str] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def urls_of(self, artifact: Artifact) -> list[str]:
        return [f"{self.url}/{artifact.file_name}"]

    def add(self, name: str, body: bytes, packaging: str = "zip") -> Artifact:
        artifact = Artifact("org.example", name, "1", packaging, len(body), hashlib.sha256(body).hexdigest())
        self.files[artifact.file_name] = body
        return artifact


def _handler(repository: Repository) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            repository.requests.append((self.path, wanted))
            order = repository.script.pop(0) if repository.script else ""
            if order.isdigit():
                self.send_response(int(order))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = repository.files.get(self.path.rsplit("/", 1)[1])
            if body is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and order != "whole" else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            self.wfile.write(rest[: int(order.removeprefix("cut:"))] if order.startswith("cut:") else rest)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler


@pytest.fixture
def repository() -> Iterator[Repository]:
    served = Repository()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def make_zip() -> Callable[[dict[str, bytes]], bytes]:
    def make(files: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as bundle:
            for name, body in files.items():
                bundle.writestr(name, body)
        return buffer.getvalue()

    return make


@pytest.fixture
def make_tar() -> Callable[[dict[str, bytes | str]], bytes]:
    """Archives in which a text value is a hard link to the member of that name."""

    def make(files: dict[str, bytes | str]) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, body in files.items():
                member = tarfile.TarInfo(name)
                if isinstance(body, str):
                    member.type, member.linkname = tarfile.LNKTYPE, body
                    tar.addfile(member)
                else:
                    member.size = len(body)
                    tar.addfile(member, io.BytesIO(body))
        return buffer.getvalue()

    return make
