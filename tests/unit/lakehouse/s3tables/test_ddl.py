"""DDL: what each statement means, where each wrong one is wrong, and definitions there and back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from pyiceberg.transforms import IdentityTransform
from tests.unit.lakehouse.s3tables.golden_cases import Case, read_cases
from tests.unit.lakehouse.s3tables.strategies import definitions

from lakehouse.s3tables.ddl.lexer import DdlError
from lakehouse.s3tables.ddl.render import to_ddl
from lakehouse.s3tables.ddl.statement import parse_ddl
from lakehouse.s3tables.definition import TableDefinition

ACCEPTED = read_cases("accepted.txt")
REFUSED = read_cases("refused.txt")


def described(definition: TableDefinition) -> list[str]:
    """A definition in the words of the golden files, by pyiceberg's own names of types."""
    schema = definition.schema
    lines = [] if definition.namespace is None else [f"name {definition.namespace}.{definition.name}"]
    for column in schema.fields:
        line = f"{column.field_id} {column.name} {column.field_type}"
        line += " required" if column.required else " optional"
        lines.append(line if column.doc is None else f"{line} # {column.doc}")
    if schema.identifier_field_ids:
        lines.append("key " + " ".join(schema.find_field(one).name for one in schema.identifier_field_ids))
    for partition in definition.partition_spec.fields:
        source = schema.find_column_name(partition.source_id)
        transform = "identity" if isinstance(partition.transform, IdentityTransform) else partition.transform
        lines.append(f"partition {partition.name} = {transform}({source})")
    for term in definition.sort_order.fields:
        source = schema.find_column_name(term.source_id)
        nulls = "NULLS FIRST" if "first" in term.null_order.value else "NULLS LAST"
        lines.append(f"order {term.transform}({source}) {term.direction.value.upper()} {nulls}")
    lines += [f"property {name} = {value}" for name, value in definition.all_properties.items()]
    return lines


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.title)
def test_a_statement_means_what_it_says(case: Case) -> None:
    assert described(parse_ddl(case.statement)) == case.expected


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.title)
def test_what_a_statement_means_reads_back_as_the_same(case: Case) -> None:
    assert described(parse_ddl(to_ddl(parse_ddl(case.statement)))) == case.expected


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.title)
def test_a_wrong_statement_is_told_where_and_why(case: Case) -> None:
    place, _, part = case.expected[0].partition(" ")
    with pytest.raises(DdlError) as caught:
        parse_ddl(case.statement, "table.sql")
    assert str(caught.value).startswith(f"table.sql:{place}: ")
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_there_are_enough_cases() -> None:
    titles = [case.title for case in (*ACCEPTED, *REFUSED)]
    assert len(titles) >= 80
    assert len(set(titles)) == len(titles)


def test_names_are_lowered_when_they_are_told_to_be() -> None:
    statement = "CREATE TABLE Sales.Daily (UserId int, S struct<Inner: date>, PRIMARY KEY (USERID)) "
    found = parse_ddl(statement + "PARTITIONED BY (day(S.Inner))", lower_case=True)
    assert described(found) == [
        "name sales.daily",
        "1 userid int required",
        "2 s struct<3: inner: optional date> optional",
        "key userid",
        "partition s.inner_day = day(s.inner)",
    ]


def test_names_that_are_equal_once_lowered_are_one_name_twice() -> None:
    with pytest.raises(DdlError, match="column 'Id' exists already"):
        parse_ddl("CREATE TABLE t (id int, Id int)", lower_case=True)


def test_a_zone_is_dropped_when_it_is_told_to_be() -> None:
    statement = "CREATE TABLE t (a timestamptz, b timestamp with time zone, c array<timestamp_ltz>)"
    found = parse_ddl(statement, drop_zone=True)
    assert [str(column.field_type) for column in found.schema.fields] == [
        "timestamp",
        "timestamp",
        "list<timestamp>",
    ]


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        (f"CREATE TABLE t ({', '.join(f'c{n} int' for n in range(10_000))})", "more than 5,000 columns"),
        (f"CREATE TABLE t (a {'array<' * 5_000}int{'>' * 5_000})", "nested deeper than 32 levels"),
        (f"CREATE TABLE t ({'(' * 50_000}", "( is opened here and never closed"),
        (f"CREATE TABLE t (a int COMMENT '{'x' * 300_000}')", "longer than 262,144 bytes"),
        ("CREATE TABLE t (a int COMMENT '" + "''" * 50_000, "a text begins here"),
        ("/* " * 20_000, "a comment begins here"),
        (f"CREATE TABLE {'a.' * 50_000}t (a int)", "namespace.name"),
        ("CREATE TABLE t (a\x00 int)", "is not valid here"),
    ],
    ids=["columns", "nesting", "brackets", "length", "quotes", "comments", "name", "nul"],
)
def test_hostile_text_is_refused_in_one_line_and_soon(statement: str, part: str) -> None:
    # Its own time: others may keep the machine busy.
    begun = time.process_time()
    with pytest.raises(DdlError) as caught:
        parse_ddl(statement)
    assert part in str(caught.value)
    assert len(str(caught.value)) < 300
    assert time.process_time() - begun < 5


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_any_definition_goes_to_ddl_and_back_unchanged(definition: TableDefinition) -> None:
    found = parse_ddl(to_ddl(definition))
    assert found.schema == definition.schema
    assert found.schema.model_dump_json() == definition.schema.model_dump_json()
    assert found.partition_spec == definition.partition_spec
    assert found.sort_order == definition.sort_order
    assert (found.name, found.namespace) == (definition.name, definition.namespace)
    assert found.all_properties == definition.all_properties


def test_a_property_that_nobody_knows_is_told() -> None:
    [note] = parse_ddl("CREATE TABLE t (a int) TBLPROPERTIES ('note'='x', 'format-version'='2')").notes
    assert note == "property 'note' is stored with the table, but Iceberg and S3 Tables don't know it"
