import sys
from dataclasses import replace
from pathlib import Path

from athena_sandbox.composition import stack_parts
from athena_sandbox.parts.services import athena_part, glue_part
from athena_sandbox.settings import Settings
from athena_sandbox.stack.parts import Site, source_digest


def test_glue_gets_its_port_and_folder(site: Site) -> None:
    assert glue_part().plan(site).command == (
        *(sys.executable, "-m", "athena_sandbox.glue", "--port", "20003", "--data-dir", "/state/glue"),
        *("--storage-url", "http://127.0.0.1:20002"),
    )


def test_athena_gets_the_addresses_of_the_others(site: Site) -> None:
    *command, spark = athena_part().plan(site).command
    assert command == [
        *(sys.executable, "-m", "athena_sandbox.athena", "--port", "20004", "--data-dir", "/state/athena"),
        *("--trino-url", "http://127.0.0.1:20001", "--glue-url", "http://127.0.0.1:20003"),
        *("--s3-url", "http://127.0.0.1:20002", "--s3tables-url", "http://127.0.0.1:20002"),
        *("--region", "eu-central-1", "--engine-start"),
        f"{sys.executable} -m athena_sandbox up --state /state --memory 3072M --region eu-central-1",
        "--spark-dir",
    ]
    assert Path(spark).parent == site.settings.cache_home / "runtime"
    assert Path(spark).name.startswith("spark-3.5.9-")


def test_every_part_gets_the_key_by_its_environment_and_not_by_its_arguments(site: Site) -> None:
    for part in stack_parts(site.settings):
        launch = part.plan(site)
        assert site.access_key not in " ".join(launch.command)
        if part.name != "trino":
            assert launch.environ["ATHENA_SANDBOX_ACCESS_KEY"] == site.access_key
            assert "ATHENA_SANDBOX_OPEN" not in launch.environ


def test_an_open_stack_is_started_again_as_an_open_one(site: Site) -> None:
    opened = Site(replace(site.settings, open=True), site.ports, site.access_key)
    assert glue_part().plan(opened).environ["ATHENA_SANDBOX_OPEN"] == "1"
    command = athena_part().plan(opened).command
    assert command[command.index("--engine-start") + 1].endswith(" --region eu-central-1 --open")


def test_another_key_restarts_every_part(site: Site) -> None:
    other = Site(site.settings, site.ports, "LOCALOTHER")
    for part in stack_parts(site.settings):
        assert part.plan(site).fingerprint("id") != part.plan(other).fingerprint("id")


def test_every_part_answers_for_the_one_account(site: Site) -> None:
    assert glue_part().plan(site).environ["MOTO_ACCOUNT_ID"] == "000000000000"


def test_what_a_part_needs_is_a_part(site: Site) -> None:
    settings: Settings = site.settings
    names = {part.name for part in stack_parts(settings)}
    assert {need for part in stack_parts(settings) for need in part.needs} <= names


def test_the_source_digest_follows_the_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    before = source_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert source_digest(tmp_path) == before
    (tmp_path / "a.py").write_text("x = 2\n")
    assert source_digest(tmp_path) != before
