"""Which addresses an artifact can be downloaded from.

jgo knows the Maven repository layout and the user's repositories, so no address is written here:

    [repositories] in ~/.config/jgo.conf     "central = <address>" replaces Maven Central, other names are
                                             asked after it
    LAKEHOUSE_MAVEN_REPOSITORY               asked instead of all of those
    HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE     as everywhere
"""

import os
from collections.abc import Mapping
from pathlib import Path

from athena_sandbox.runtime.artifacts import Artifact


def artifact_urls(
    artifact: Artifact, environ: Mapping[str, str] = os.environ, settings_file: Path | None = None
) -> list[str]:
    """Addresses to try, best first. Makes no network call."""
    # jgo takes a quarter of a second to import and is needed only when something is missing.
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    repositories: dict[str, str] | None = None
    if only := environ.get("LAKEHOUSE_MAVEN_REPOSITORY"):
        repositories = {"environment": only}
    elif configured := GlobalSettings.load(settings_file).repositories:
        repositories = MavenContext().remote_repos | configured
    context = MavenContext(remote_repos=repositories)
    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    found = component.artifact(classifier=artifact.classifier, packaging=artifact.packaging)
    path = f"{component.path_prefix.as_posix()}/{found.filename}"
    return [f"{repository.rstrip('/')}/{path}" for repository in context.remote_repos.values()]
