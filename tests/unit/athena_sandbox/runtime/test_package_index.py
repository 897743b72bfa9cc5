"""Finding a pinned file in the package indexes that pip is configured for."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from athena_sandbox.errors import DownloadError, OfflineError
from athena_sandbox.runtime.artifacts import IndexFile
from athena_sandbox.runtime.package_index import find_urls, parse_indexes

FILE = IndexFile("thing", "1.0", "thing-1.0.tar.gz", 3, "00")
# As in PEP 503: an anchor per file, its text the file's name, its address relative or not.
PAGE = """<!DOCTYPE html><html><body><h1>Links for thing</h1>
<a href="../../files/ab/thing-1.0.tar.gz#sha256=00" data-requires-python="&gt;=3.8">thing-1.0.tar.gz</a><br/>
<a href="../../files/cd/thing-1.0-py3-none-any.whl#sha256=11">thing-1.0-py3-none-any.whl</a><br/>
</body></html>"""


def answering(pages: dict[str, httpx.Response | Exception]) -> Callable[[str], httpx.Response]:
    def get(url: str) -> httpx.Response:
        answer = pages[url]
        if isinstance(answer, Exception):
            raise answer
        answer.request = httpx.Request("GET", url)
        return answer

    return get


def test_a_relative_address_is_resolved_without_its_hash() -> None:
    get = answering({"http://index/simple/thing/": httpx.Response(200, text=PAGE)})
    assert find_urls(FILE, ("http://index/simple",), get) == ["http://index/files/ab/thing-1.0.tar.gz"]


def test_an_extra_index_is_asked_too() -> None:
    get = answering(
        {
            "http://one/thing/": httpx.Response(404),
            "http://two/thing/": httpx.Response(200, text=PAGE.replace("../../", "/")),
        }
    )
    assert find_urls(FILE, ("http://one/", "http://two"), get) == ["http://two/files/ab/thing-1.0.tar.gz"]


def test_a_file_that_no_index_lists_is_said_so() -> None:
    get = answering({"http://index/thing/": httpx.Response(200, text="<html></html>")})
    with pytest.raises(DownloadError, match=r"thing-1\.0\.tar\.gz is not in any of the package indexes"):
        find_urls(FILE, ("http://index",), get)


def test_no_answer_at_all_is_offline() -> None:
    get = answering({"http://index/thing/": httpx.ConnectError("refused")})
    with pytest.raises(OfflineError, match="refused"):
        find_urls(FILE, ("http://index",), get)


def unexpected() -> str:
    raise AssertionError("the default was asked for")


@pytest.mark.parametrize(
    ("listing", "indexes"),
    [
        ("global.index-url='http://files/simple'\n", ("http://files/simple",)),
        (
            "global.index-url='http://files/simple'\n:env:.index-url='http://variable/simple'\n",
            ("http://variable/simple",),
        ),
        (
            "global.index-url='http://a'\ndownload.index-url='http://b'\nglobal.extra-index-url='http://c http://d'",
            ("http://b", "http://c", "http://d"),
        ),
    ],
)
def test_pips_configuration_names_the_indexes(listing: str, indexes: tuple[str, ...]) -> None:
    assert parse_indexes(listing, unexpected) == indexes


def test_without_a_configured_index_pip_shows_its_default() -> None:
    listing = "global.cert='/etc/ssl/certs/ca.crt'\n:env:.default-timeout='180'\n"
    assert parse_indexes(listing, lambda: "http://default") == ("http://default",)
