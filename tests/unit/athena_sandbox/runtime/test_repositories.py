from pathlib import Path

from athena_sandbox.runtime.artifacts import Artifact
from athena_sandbox.runtime.repositories import artifact_urls

ARTIFACT = Artifact("io.example.group", "thing", "2.1", "tar.gz", 1, "0" * 64)
PATH = "/io/example/group/thing/2.1/thing-2.1.tar.gz"


def test_the_default_is_one_repository_with_mavens_layout(tmp_path: Path) -> None:
    [url] = artifact_urls(ARTIFACT, environ={}, settings_file=tmp_path / "absent.conf")
    assert url.startswith("https://")
    assert url.endswith(PATH)


def test_a_mirror_in_jgos_settings_replaces_central(tmp_path: Path) -> None:
    settings = tmp_path / "jgo.conf"
    settings.write_text("[repositories]\ncentral = https://mirror.example/maven\nown = https://own.example\n")
    urls = artifact_urls(ARTIFACT, environ={}, settings_file=settings)
    assert urls == [f"https://mirror.example/maven{PATH}", f"https://own.example{PATH}"]


def test_the_environment_names_the_only_repository(tmp_path: Path) -> None:
    environ = {"LAKEHOUSE_MAVEN_REPOSITORY": "https://only.example/repo/"}
    assert artifact_urls(ARTIFACT, environ=environ) == [f"https://only.example/repo{PATH}"]


def test_a_classifier_is_part_of_the_name(tmp_path: Path) -> None:
    artifact = Artifact("g", "thing", "1", "jar", 1, "0" * 64, classifier="linux")
    [url] = artifact_urls(artifact, environ={"LAKEHOUSE_MAVEN_REPOSITORY": "https://r.example"})
    assert url == "https://r.example/g/thing/1/thing-1-linux.jar"
