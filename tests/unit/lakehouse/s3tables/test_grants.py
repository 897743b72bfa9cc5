"""Grants: what they allow, and policies of others that stay as they are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.errors import RefusedError, ServiceError
from lakehouse.s3tables.grants.access import BUCKET_ACTIONS, TABLE_ACTIONS, Access
from lakehouse.s3tables.grants.documents import add_grant, remove_grant, statements_of
from lakehouse.s3tables.grants.statements import Grant, Scope, is_ours
from lakehouse.s3tables.names import TableBucket, TableName

BUCKET = TableBucket("aws", "eu-central-1", "123456789012", "tables")
TABLE_ARN = f"{BUCKET.arn}/table/8a7b"
ROLE = "arn:aws:iam::123456789012:role/analyst"
ON_TABLE = Scope(BUCKET, table=TableName("sales", "daily"), table_arn=TABLE_ARN)
ON_NAMESPACE = Scope(BUCKET, "sales")
ON_BUCKET = Scope(BUCKET)


def actions(grant: Grant) -> dict[str, list[str]]:
    return {one["Resource"]: one["Action"] for one in grant.statements()}


def test_reading_a_table_is_three_actions_on_its_arn() -> None:
    [statement] = Grant(ROLE, Access.READ, ON_TABLE).statements()
    sid = statement.pop("Sid")
    assert sid.isalnum()
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"],
        "Resource": TABLE_ARN,
    }


def test_writing_adds_what_a_commit_needs_and_nothing_to_drop() -> None:
    added = set(actions(Grant(ROLE, Access.WRITE, ON_TABLE))[TABLE_ARN])
    added -= set(actions(Grant(ROLE, Access.READ, ON_TABLE))[TABLE_ARN])
    assert added == {"s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"}


def test_a_grant_on_a_bucket_splits_bucket_and_tables() -> None:
    assert actions(Grant(ROLE, Access.READ, ON_BUCKET)) == {
        BUCKET.arn: [
            "s3tables:GetNamespace",
            "s3tables:GetTableBucket",
            "s3tables:ListNamespaces",
            "s3tables:ListTables",
        ],
        f"{BUCKET.arn}/table/*": [
            "s3tables:GetTable",
            "s3tables:GetTableData",
            "s3tables:GetTableMetadataLocation",
        ],
    }


@pytest.mark.parametrize("access", list(Access))
def test_a_grant_on_a_namespace_reaches_nothing_beyond_it(access: Access) -> None:
    on_bucket, on_tables = Grant(ROLE, access, ON_NAMESPACE).statements()
    assert on_tables["Condition"] == {"StringEquals": {"s3tables:namespace": "sales"}}
    changing = [one for one in on_bucket["Action"] if not one.partition(":")[2].startswith(("Get", "List"))]
    assert changing == (["s3tables:CreateTable"] if access is Access.MANAGE else [])


@pytest.mark.parametrize("access", list(Access))
def test_no_grant_has_a_wildcard_or_lets_change_policies(access: Access) -> None:
    every = {*TABLE_ACTIONS[access], *BUCKET_ACTIONS[access]}
    assert not any("*" in action or "Policy" in action or "Encryption" in action for action in every)
    assert all(action.startswith("s3tables:") for action in every)
    only_reading = {one for one in every if one.partition(":")[2].startswith(("Get", "List"))}
    assert (every == only_reading) is (access is Access.READ)


def test_every_action_is_an_operation_of_the_service_or_access_to_data() -> None:
    import botocore.session

    operations = botocore.session.get_session().get_service_model("s3tables").operation_names
    known = {f"s3tables:{name}" for name in operations} | {"s3tables:GetTableData", "s3tables:PutTableData"}
    for access in Access:
        assert {*TABLE_ACTIONS[access], *BUCKET_ACTIONS[access]} <= known


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", **more, "Statement": list(statements)}, indent=2)


FOREIGN = {"Effect": "Deny", "Principal": "*", "NotAction": ["s3tables:Get*"], "Resource": "*"}


def test_the_first_grant_makes_a_policy_and_the_last_one_takes_it_away() -> None:
    grant = Grant(ROLE, Access.READ, ON_BUCKET)
    change = add_grant(None, grant)
    assert change.after is not None
    assert json.loads(change.after) == {"Version": "2012-10-17", "Statement": grant.statements()}
    assert remove_grant(change.after, grant).after is None


def test_a_grant_twice_is_a_grant_once() -> None:
    grant = Grant(ROLE, Access.READ, ON_TABLE)
    again = add_grant(add_grant(None, grant).after, grant)
    assert not again.is_needed
    assert again.after == again.before


def test_what_others_wrote_stays_in_its_place() -> None:
    sidless, grant = {**FOREIGN, "Effect": "Allow"}, Grant(ROLE, Access.WRITE, ON_TABLE)
    text = policy(FOREIGN, sidless, Id="theirs", Version="2008-10-17")
    with_grant = json.loads(add_grant(text, grant).after or "")
    assert with_grant["Version"] == "2008-10-17"
    assert with_grant["Id"] == "theirs"
    assert with_grant["Statement"] == [FOREIGN, sidless, *grant.statements()]
    assert json.loads(remove_grant(json.dumps(with_grant), grant).after or "") == json.loads(text)


def test_a_grant_that_was_changed_by_hand_is_set_right_and_only_it() -> None:
    grant, other = Grant(ROLE, Access.READ, ON_TABLE), Grant(ROLE, Access.WRITE, ON_TABLE)
    [right], [beside] = grant.statements(), other.statements()
    wrong = {**right, "Principal": "*"}
    change = add_grant(policy(wrong, beside), grant)
    assert change.removed == [wrong]
    assert statements_of(change.after) == [beside, right]


def test_removing_what_is_not_there_changes_nothing() -> None:
    change = remove_grant(policy(FOREIGN), Grant(ROLE, Access.READ, ON_TABLE))
    assert not change.is_needed
    assert not remove_grant(None, Grant(ROLE, Access.READ, ON_TABLE)).is_needed


def test_a_policy_beyond_the_limit_is_refused_before_it_is_sent() -> None:
    text, number = "", 0
    while len(text) < 19_500:
        number += 1
        text = add_grant(text or None, Grant(f"{ROLE}{number}", Access.READ, ON_BUCKET)).after or ""
    assert len(text) <= 20_480
    with pytest.raises(RefusedError, match="the limit is 20,480"):
        add_grant(text, Grant(f"{ROLE}{'x' * 500}", Access.READ, ON_BUCKET))


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '"x"', '{"Statement": "x"}', '{"Statement": [3]}'])
def test_what_is_no_policy_is_left_alone(text: str) -> None:
    with pytest.raises(ServiceError, match="was not changed"):
        add_grant(text, Grant(ROLE, Access.READ, ON_TABLE))


def test_a_single_statement_without_a_list_is_one() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": FOREIGN})
    change = add_grant(text, Grant(ROLE, Access.READ, ON_TABLE))
    assert statements_of(change.after)[0] == FOREIGN


GRANTS = st.builds(
    Grant,
    st.sampled_from([ROLE, f"{ROLE}2"]),
    st.sampled_from(list(Access)),
    st.sampled_from([ON_BUCKET, ON_NAMESPACE, Scope(BUCKET, "other")]),
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": st.text(max_size=5)},
    optional={"Sid": st.text(max_size=8), "Principal": st.just("*")},
)


@given(st.lists(STATEMENTS, max_size=3), st.lists(st.tuples(st.booleans(), GRANTS), max_size=6))
def test_whatever_comes_and_goes_others_keep_theirs_and_the_last_word_counts(
    foreign: list[Any], steps: list[tuple[bool, Grant]]
) -> None:
    text: str | None = policy(*foreign) if foreign else None
    last: dict[Grant, bool] = {}
    for adding, grant in steps:
        text = (add_grant if adding else remove_grant)(text, grant).after
        last[grant] = adding
    statements = statements_of(text)
    assert [one for one in statements if not is_ours(one)] == foreign
    wanted = [one for grant, there in last.items() if there for one in grant.statements()]
    key = json.dumps
    assert sorted(map(key, filter(is_ours, statements))) == sorted(map(key, wanted))
