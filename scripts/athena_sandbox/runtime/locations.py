"""Where a pinned file can be downloaded from: a Maven repository or the Python package index."""

from collections.abc import Sequence

from athena_sandbox.runtime.artifacts import IndexFile, Pinned
from athena_sandbox.runtime.package_index import index_urls
from athena_sandbox.runtime.repositories import artifact_urls


def urls_of(pinned: Pinned) -> Sequence[str]:
    """Addresses to try, best first.

    Raises DownloadError if the package index can't be asked or does not list the file.
    """
    return index_urls(pinned) if isinstance(pinned, IndexFile) else artifact_urls(pinned)
