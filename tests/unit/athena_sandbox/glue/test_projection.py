"""Projected partitions, with values worked out by hand from Athena's guide on partition projection."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from athena_sandbox.glue.errors import EntityNotFoundError, InvalidInputError

ROOT = "s3://bronze/t"
# The last of a month, at a time of day: what months and weeks get wrong.
NOW = datetime(2024, 3, 31, 13, 45, 50, tzinfo=UTC).timestamp()


def date(pattern: str, bounds: str, interval: str = "", unit: str = "") -> dict[str, str]:
    given = {"type": "date", "format": pattern, "range": bounds, "interval": interval, "interval.unit": unit}
    return {name: value for name, value in given.items() if value}


def integer(bounds: str, **more: str) -> dict[str, str]:
    return {"type": "integer", "range": bounds, **more}


@pytest.fixture
def projected(glue):
    """Makes the table `t` with keys (`p string`) and the projection of each."""

    def make(projections: dict[str, dict[str, str]], template: str = "", **parameters: str) -> Any:
        keys, given = [], {"projection.enabled": "true", **parameters}
        for key, properties in projections.items():
            name, _, kind = key.partition(" ")
            keys.append({"Name": name, "Type": kind})
            given |= {f"projection.{name}.{suffix}": value for suffix, value in properties.items()}
        if template:
            given["storage.location.template"] = template
        columns = [{"Name": "v", "Type": "string"}]
        glue.table(
            "t",
            PartitionKeys=keys,
            Parameters=given,
            StorageDescriptor={"Columns": columns, "Location": f"{ROOT}/"},
        )
        glue.now = NOW
        return glue

    return make


def partitions(glue: Any, expression: str = "") -> list[Any]:
    wanted = {"DatabaseName": "sales", "TableName": "t", "Expression": expression}
    return list(glue("GetPartitions", engine=True, **wanted)["Partitions"])


def values(glue: Any, expression: str = "") -> list[str]:
    return ["/".join(partition["Values"]) for partition in partitions(glue, expression)]


def places(glue: Any, expression: str = "") -> list[str]:
    found = partitions(glue, expression)
    return [partition["StorageDescriptor"]["Location"].removeprefix(ROOT) for partition in found]


@pytest.mark.parametrize(
    ("key", "properties", "expected"),
    [
        # The examples of the guide.
        ("p string", date("yyyy-MM", "2017-01,2017-06", "2", "MONTHS"), ["2017-01", "2017-03", "2017-05"]),
        ("p string", date("yyyy-MM", "2017-11,2018-02"), ["2017-11", "2017-12", "2018-01", "2018-02"]),
        (
            "p string",
            date("dd-MM-yyyy", "30-12-2010,02-01-2011"),
            ["30-12-2010", "31-12-2010", "01-01-2011", "02-01-2011"],
        ),
        ("p string", integer("1,3", interval="2"), ["1", "3"]),
        ("p string", integer("1,3", digits="2"), ["01", "02", "03"]),
        ("p string", integer("0008,0011"), ["8", "9", "10", "11"]),
        ("p string", integer(" -2 , 0 "), ["-2", "-1", "0"]),
        # Relative bounds, at the precision of the format, in UTC.
        ("p string", date("yyyy", "NOW-3YEARS,NOW", "1", "YEARS"), ["2021", "2022", "2023", "2024"]),
        ("p string", date("yyyyMM", "NOW - 1 MONTH , NOW+1MONTHS"), ["202402", "202403", "202404"]),
        (
            "p string",
            date("yyyy-MM-dd", "NOW-2WEEKS,NOW", "1", "weeks"),
            ["2024-03-17", "2024-03-24", "2024-03-31"],
        ),
        ("p string", date("HHmm", "NOW-2MINUTES,NOW", "1", "MINUTES"), ["1343", "1344", "1345"]),
        (
            "p string",
            date("yyyy-MM-dd-HH", "NOW-1HOUR,NOW", "1", "Hours"),
            ["2024-03-31-12", "2024-03-31-13"],
        ),
        (
            "p string",
            date("HH:mm:ss.SSS", "NOW-1SECOND,NOW", "500", "MILLISECONDS"),
            ["13:45:49.000", "13:45:49.500", "13:45:50.000"],
        ),
        # Months from the 31st: the last day, without drift.
        (
            "p date",
            date("yyyy-MM-dd", "2024-01-31,2024-04-30", "1", "MONTHS"),
            ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"],
        ),
        # A unit finer than the format gives each value once.
        ("p string", date("yyyy-MM-dd", "2024-01-01,2024-01-02", "6", "HOURS"), ["2024-01-01", "2024-01-02"]),
        # Text and names in a format.
        ("p string", date("'y='yyyy'/m='MMM", "y=2023/m=Dec,y=2024/m=Jan"), ["y=2023/m=Dec", "y=2024/m=Jan"]),
        # Typed keys: the value in the key's form.
        ("p date", date("yyyy/MM/dd", "2024/01/01,2024/01/02"), ["2024-01-01", "2024-01-02"]),
        (
            "p timestamp",
            date("yyyy-MM-dd HH", "2024-01-01 23,2024-01-02 00", "1", "HOURS"),
            ["2024-01-01 23:00:00", "2024-01-02 00:00:00"],
        ),
        ("p int", integer("1,2", digits="3"), ["1", "2"]),
        ("p bigint", {"type": "Enum", "values": "7,08"}, ["7", "8"]),
        ("p boolean", {"type": "enum", "values": "true,false"}, ["true", "false"]),
        # White space is part of an enum's value.
        ("p string", {"type": " ENUM ", "values": "a, b"}, ["a", " b"]),
        # The last is the first; the first is after the last.
        ("p string", date("yyyy-MM-dd", "NOW,NOW"), ["2024-03-31"]),
        ("p string", integer("5,1"), []),
    ],
)
def test_values(projected: Any, key: str, properties: dict[str, str], expected: list[str]) -> None:
    assert values(projected({key: properties})) == expected


def test_places_have_the_text_as_it_is_and_filters_are_in_the_keys_types(projected: Any) -> None:
    glue = projected(
        {
            "day string": date("yyyy-MM-dd HH:mm", "2024-01-01 00:00,2024-01-01 01:00", "1", "HOURS"),
            "hour int": integer("0,23", digits="2"),
        }
    )
    assert len(partitions(glue)) == 48
    assert places(glue, "(day = '2024-01-01 01:00') AND (hour >= 8 AND hour < 10)") == [
        "/day=2024-01-01 01:00/hour=08/",
        "/day=2024-01-01 01:00/hour=09/",
    ]
    assert places(glue, "(day in ('2024-01-01 00:30', '2024-01-02 00:00'))") == []


def test_a_template_takes_each_value_where_it_says(projected: Any) -> None:
    glue = projected(
        {
            "day date": date("yyyy/MM/dd", "2024/01/31,2024/02/01"),
            "c string": {"type": "enum", "values": "$1"},
        },
        template=f"{ROOT}/${{c}}/x/${{day}}/${{c}}/",
        **{"projection.enabled": "TRUE"},
    )
    assert places(glue) == ["/$1/x/2024/01/31/$1/", "/$1/x/2024/02/01/$1/"]


def test_few_values_of_a_wide_range_are_not_sought(projected: Any) -> None:
    glue = projected(
        {
            "p int": integer("-1,8675309"),
            "s string": date("yyyyMMddHHmmss", "20000101000000,NOW", "1", "SECONDS"),
        }
    )
    second = "s = '20240229235959'"
    assert values(glue, f"(p = 8675309) AND ({second})") == ["8675309/20240229235959"]
    assert values(glue, f"(p > 8675307) AND ({second})") == [
        "8675308/20240229235959",
        "8675309/20240229235959",
    ]
    assert values(glue, f"((p >= 5 AND p <= 6) OR (p = 9)) AND ({second})") == [
        f"{p}/20240229235959" for p in (5, 6, 9)
    ]
    assert values(glue, "(p = 1) AND (s = '20240230000000')") == []
    with pytest.raises(InvalidInputError, match=r"^HIVE_EXCEEDED_PARTITION_LIMIT: Query over table"):
        values(glue, "(p = 1)")


def test_an_injected_key_takes_its_values_from_the_query(projected: Any) -> None:
    glue = projected(
        {"id string": {"type": "Injected"}, "n bigint": {"type": "injected"}},
        template=f"{ROOT}/${{id}}/${{n}}/",
    )
    assert places(glue, "(id in ('it's', 'b/2')) AND (n = 7)") == ["/b/2/7/", "/it's/7/"]
    # What the engine makes of IN (7, 8, 11).
    assert places(glue, "(id = 'a') AND ((n >= 7 AND n <= 8) OR (n = 11))") == ["/a/7/", "/a/8/", "/a/11/"]
    for expression, column in (("", "id"), ("(id > 'a') AND (n = 1)", "id"), ("(id = 'a') AND (n > 1)", "n")):
        with pytest.raises(InvalidInputError) as caught:
            values(glue, expression)
        assert str(caught.value) == (
            f"CONSTRAINT_VIOLATION: For the injected projected partition column {column}, the WHERE clause "
            "must contain only static equality conditions, and at least one such condition must be present."
        )


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        (
            {},
            r"the following partition columns are missing projection configuration: \[p\] \(table sales.t\)",
        ),
        ({"type": "set"}, "projection.p.type 'set' is not enum, integer, date or injected"),
        ({"type": "enum"}, "projection.p.values is missing"),
        (integer("1"), "projection.p.range '1' is not two values"),
        # A range can't contain a comma of the format.
        (date("MMM d, yyyy", "Jan 1, 2024,NOW"), "is not two values with a comma between them"),
        (integer("a,b"), "projection.p.range 'a,b' is not two integers"),
        (integer("1,2", interval="0"), "projection.p.interval '0' is not a positive integer"),
        (
            date("yyyy-MM-dd", "2024-01-01, 2024-01-02"),
            "' 2024-01-02' is not a date of the format 'yyyy-MM-dd'",
        ),
        (date("yyyy-MM-dd", "2024-01-01,now"), "'now' is not a date"),
        (date("yyyy", "2024,NOW"), "projection.p.interval and projection.p.interval.unit are required"),
        (date("yyyy-MM-dd HH", "NOW,NOW", unit="HOURS"), "projection.p.interval and projection"),
        (
            date("yyyy-MM-dd", "NOW,NOW", "1", "DAY"),
            "projection.p.interval.unit 'DAY' is not one of MONTHS, YEARS, WEEKS",
        ),
        (
            date("YYYY-ww", "NOW,NOW", "1", "WEEKS"),
            "projection.p.format: 'YYYY' of a date format is not served",
        ),
    ],
)
def test_what_cannot_be_projected_is_named(projected: Any, properties: dict[str, str], problem: str) -> None:
    glue = projected({"p string": properties})
    with pytest.raises(
        InvalidInputError, match=f"^Table sales.t is configured for partition projection, but .*{problem}"
    ):
        partitions(glue)


def test_a_template_names_each_key(projected: Any) -> None:
    with pytest.raises(InvalidInputError, match="has no placeholder for the partition column p"):
        partitions(projected({"p string": {"type": "enum", "values": "a"}}, template=f"{ROOT}/"))


def test_a_template_is_an_address_in_s3(projected: Any) -> None:
    template = "s3a://b/t/${p}"
    glue = projected({"p string": {"type": "enum", "values": "a"}}, template=template)
    problem = f"its storage.location.template {template} does not begin with s3://"
    with pytest.raises(InvalidInputError, match=re.escape(problem)):
        partitions(glue)


def test_a_date_cannot_be_injected(projected: Any) -> None:
    with pytest.raises(InvalidInputError, match="'injected' of a key of the type date is not served"):
        partitions(projected({"p date": {"type": "injected"}}))


def test_only_the_engine_sees_them(projected: Any) -> None:
    glue = projected({"p string": {"type": "enum", "values": "a,b"}})
    glue.partition("z", table="t")
    of_t = {"DatabaseName": "sales", "TableName": "t"}
    assert [found["Values"] for found in glue("GetPartitions", **of_t)["Partitions"]] == [["z"]]
    assert values(glue) == ["a", "b"]
    batch = glue("BatchGetPartition", engine=True, **of_t, PartitionsToGet=[{"Values": ["b"]}])["Partitions"]
    assert batch[0]["StorageDescriptor"] == {
        "Columns": [{"Name": "v", "Type": "string"}],
        "Location": f"{ROOT}/p=b/",
    }
    with pytest.raises(EntityNotFoundError):
        glue("GetPartition", engine=True, **of_t, PartitionValues=["z"])


def test_what_the_engine_writes_of_them_is_not_kept(projected: Any) -> None:
    glue = projected({"p string": {"type": "enum", "values": "a"}})
    of_t = {"DatabaseName": "sales", "TableName": "t"}
    given = {"Values": ["a"], "Parameters": {"numRows": "1"}}
    glue("UpdatePartition", engine=True, **of_t, PartitionValueList=["a"], PartitionInput=given)
    assert glue("GetPartitions", **of_t)["Partitions"] == []
    seen = glue("GetTable", engine=True, DatabaseName="sales", Name="t")["Table"]
    assert seen["Parameters"] == {}
    changed = {"Name": "t", "PartitionKeys": seen["PartitionKeys"], "Parameters": {"numRows": "1"}}
    glue("UpdateTable", engine=True, DatabaseName="sales", TableInput=changed)
    kept = glue("GetTable", DatabaseName="sales", Name="t")["Table"]["Parameters"]
    assert kept == {
        "numRows": "1",
        "projection.enabled": "true",
        "projection.p.type": "enum",
        "projection.p.values": "a",
    }
