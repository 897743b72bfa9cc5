"""How pieces of SQL are put together: lines are broken where it helps, and never inside of a text."""

from __future__ import annotations

import pytest

from lakehouse.athena.sql import all_of, any_of, cases, indented, listed, one_of, over, with_relations

LONG = [f"{letter}_column_with_a_long_name" for letter in "abcd"]


@pytest.mark.parametrize(
    "piece",
    [
        "'a text\nof two lines'",
        "'it''s\n'",
        '"a name\nof two lines"',
        "/* a comment\n */",
    ],
)
def test_the_end_of_a_line_in_a_text_stays_where_it_is(piece: str) -> None:
    assert indented(f"where a = {piece}\nand b") == f"where a = {piece}\n    and b"


def test_a_quote_in_a_comment_begins_no_text() -> None:
    assert indented("a -- it's\nb\n'c\nd'", 2) == "a -- it's\n        b\n        'c\nd'"


def test_a_list_is_broken_when_it_is_long() -> None:
    assert listed("select ", ["a", "b"]) == "select a, b"
    assert listed("select ", LONG) == (
        "select\n    a_column_with_a_long_name,\n    b_column_with_a_long_name,\n"
        "    c_column_with_a_long_name,\n    d_column_with_a_long_name"
    )
    assert (
        listed("f(", ["case\n    when a\nend", "b"], ")")
        == "f(\n    case\n        when a\n    end,\n    b\n)"
    )


def test_literals_share_lines() -> None:
    assert one_of("a", ["1", "2"]) == "a in (1, 2)"
    lines = one_of("a", map(str, range(100, 140))).splitlines()
    assert (lines[0], lines[1][:11], lines[-1]) == ("a in (", "    100, 10", ")")
    assert len(lines) == 5
    assert max(map(len, lines)) < 90


def test_conditions_stand_on_lines_of_their_own() -> None:
    assert all_of("where", []) == ""
    assert all_of("where", ["a"]) == "where a"
    assert all_of("where", ["a", "b or\nc"]) == "where\n    a\n    and b or\n    c"
    assert any_of(["a", "b"]) == "(a or b)"


def test_cases_windows_and_relations() -> None:
    assert cases([("a", "1")], "2", subject="x") == "case x when a then 1 else 2 end"
    assert over(["a"]) == "over (partition by a)"
    assert over(["a"], ["b", "c"]) == "over (\n    partition by a\n    order by b, c\n)"
    assert with_relations({"one": "select 1\nfrom a", "two": "select 2"}, "select 3") == (
        "with one as (\n    select 1\n    from a\n),\ntwo as (\n    select 2\n)\nselect 3"
    )
