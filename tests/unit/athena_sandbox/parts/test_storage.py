import json
from pathlib import Path

from athena_sandbox.parts.storage import keep_empty_buckets, plan_storage
from athena_sandbox.stack.parts import Site


def test_it_listens_on_loopback_only_in_one_process(site: Site) -> None:
    launch = plan_storage(site)
    assert launch.command[1:] == (
        *("-m", "hypercorn", "athena_sandbox.gateway.asgi:app", "--bind", "127.0.0.1:20002"),
        *("--workers", "0", "--keep-alive", "60"),
    )
    assert launch.environ["IOT_MTLS_PORT"] == "off"
    assert launch.environ["IOT_MTLS_ENABLED"] == launch.environ["SFTP_ENABLED"] == "0"


def test_it_passes_on_what_other_parts_answer_for(site: Site) -> None:
    assert json.loads(plan_storage(site).environ["STORAGE_FORWARDS"]) == {
        "athena": "http://127.0.0.1:20004",
        "glue": "http://127.0.0.1:20003",
        "lakeformation": "http://127.0.0.1:20003",
        "sts": "http://127.0.0.1:20003",
    }


def test_everything_is_kept_in_its_own_folder(site: Site) -> None:
    environ = plan_storage(site).environ
    assert (environ["PERSIST_STATE"], environ["S3_PERSIST"]) == ("1", "1")
    assert environ["STATE_DIR"] == "/state/storage/state"
    assert environ["S3_DATA_DIR"] == "/state/storage/objects"


def test_an_empty_bucket_is_made_visible_and_others_stay_as_they_are(tmp_path: Path) -> None:
    account = tmp_path / "000000000000"
    (account / "empty").mkdir(parents=True)
    (account / "full").mkdir()
    (account / "full" / "key").touch()
    (tmp_path / ".versions" / "000000000000").mkdir(parents=True)
    keep_empty_buckets(tmp_path)
    assert sorted(str(path.relative_to(account)) for path in account.rglob("*")) == [
        "empty",
        "empty/.bucket",
        "full",
        "full/key",
    ]
