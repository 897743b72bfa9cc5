"""Where the Python package index keeps a file: the index is pip's, so no address is written here.

pip itself would unpack a source distribution and run its setup.py before it hands the file over. So pip is
only asked for its configuration, and the index for its list of a project's files (PEP 503, the simple
repository API). The file itself comes by `download`: resumable, with progress, checked.

    index-url, extra-index-url     of pip's configuration files and PIP_* variables, by `pip config list`
    SSL_CERT_FILE, HTTPS_PROXY     as everywhere
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import httpx

from athena_sandbox.errors import DownloadError, OfflineError
from athena_sandbox.runtime.artifacts import IndexFile

# Later ones win, as in pip: files, then the command's own section, then the environment.
_SECTIONS = ("global", "install", "download", ":env:")
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_PAGE_TYPES = "text/html, application/vnd.pypi.simple.v1+html;q=0.9"

Get = Callable[[str], httpx.Response]


def index_urls(file: IndexFile) -> list[str]:
    """The file's addresses in the indexes that pip is configured for.

    Raises OfflineError if no index answers, and DownloadError if none lists the file or pip can't be asked.
    """
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
        return find_urls(file, _indexes(), lambda url: client.get(url, headers={"Accept": _PAGE_TYPES}))


def find_urls(file: IndexFile, indexes: tuple[str, ...], get: Get) -> list[str]:
    """As `index_urls`, with the indexes and the HTTP call given."""
    found: list[str] = []
    answered = False
    problem = ""
    for index in indexes:
        try:
            page = get(f"{index.rstrip('/')}/{file.name}/")
        except httpx.TransportError as error:
            problem = str(error) or type(error).__name__
            continue
        answered = True
        if page.status_code == 200:
            found += _links(page.text, str(page.url), file.file_name)
    if found:
        return found
    if not answered:
        raise OfflineError(
            f"the Python package index cannot be reached ({problem}) and {file.file_name} is not in the "
            "cache: connect once, or copy the cache folder of another machine and name it in LAKEHOUSE_HOME"
        )
    raise DownloadError(
        f"{file.file_name} is not in any of the package indexes that pip is configured for: check the mirror "
        "that pip's configuration names"
    )


class _Links(HTMLParser):
    """Collects the addresses of anchors whose text is one file name."""

    def __init__(self, file_name: str) -> None:
        super().__init__()
        self._file_name = file_name
        self._address: str | None = None
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._address = dict(attrs).get("href") if tag == "a" else None

    def handle_data(self, data: str) -> None:
        if self._address and data.strip() == self._file_name:
            self.found.append(self._address)

    def handle_endtag(self, tag: str) -> None:
        self._address = None


def _links(page: str, address: str, file_name: str) -> list[str]:
    parser = _Links(file_name)
    parser.feed(page)
    return [urldefrag(urljoin(address, link)).url for link in parser.found]


@cache
def _indexes() -> tuple[str, ...]:
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        raise DownloadError(
            f"pip of {sys.executable} does not show its configuration, which names the package index: repair "
            "it with `python -m ensurepip`"
        )
    return parse_indexes(asked.stdout, _default_index)


def parse_indexes(listing: str, default: Callable[[], str]) -> tuple[str, ...]:
    """The indexes of a `pip config list` listing, the main one first.

    `default` returns the main index when none is configured.
    """
    settings = _parse_settings(listing)
    main = _last(settings, "index-url") or default()
    extra = _last(settings, "extra-index-url").split()
    return (main, *extra)


def _parse_settings(listing: str) -> dict[str, str]:
    settings = {}
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            settings[name] = str(ast.literal_eval(value))
    return settings


def _last(settings: Mapping[str, str], option: str) -> str:
    values = [settings[key] for section in _SECTIONS if (key := f"{section}.{option}") in settings]
    return values[-1] if values else ""


def _default_index() -> str:
    # pip shows its default index in no listing. The name has been in this place since pip 18.
    asked = subprocess.run(
        [sys.executable, "-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        raise DownloadError(
            "this pip does not show its default package index: name one in PIP_INDEX_URL and run it again"
        )
    return asked.stdout.strip()
