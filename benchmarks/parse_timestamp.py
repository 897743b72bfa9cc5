"""What parse_timestamp costs against a plain CAST on clean rows, in CPU time of the engine.

    athena-sandbox up
    python benchmarks/parse_timestamp.py --trino http://127.0.0.1:PORT --token TOKEN

`athena-sandbox status --json` names the port and the token (`engine_token`).

Prints, per text shape, the CPU of the macro, of what people write instead, and the ratio of each to
CAST(text AS timestamp(6)) on text that CAST can read. The queries make their rows themselves and only
count, so neither storage nor the client is measured; the cost of making the text is measured too and
subtracted. The variants take turns, and each one's fastest round counts: other load on the machine only
ever adds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import httpx

from lakehouse.dbt.macros import load_macros

SECONDS = "(7883 * thousand + 7 * one)"
INSTANT = f"date_add('second', {SECONDS}, timestamp '2025-01-01 00:00:00.600648')"
SHAPES = {
    "sql_local": f"cast({INSTANT} as varchar)",
    "iso_utc": f"replace(cast({INSTANT} as varchar), ' ', 'T') || 'Z'",
    "iso_offset": f"replace(cast({INSTANT} as varchar), ' ', 'T') || '+02:00'",
    "epoch_millis": f"cast(1755065326600 + 1000 * {SECONDS} as varchar)",
    "sql_utc": f"cast({INSTANT} as varchar) || ' UTC'",
    "compact_utc": f"date_format({INSTANT}, '%Y%m%dT%H%i%SZ')",
}
# What the sources write where nothing is dirty, in their shares (docs/timestamps.md names the shapes).
SHAPES["realtime mix"] = f"case when one % 25 = 0 then {SHAPES['sql_local']} else {SHAPES['iso_utc']} end"
SHAPES["history mix"] = (
    f"case one % 25 when 0 then cast(1755065326 + {SECONDS} as varchar) "
    f"when 1 then {SHAPES['epoch_millis']} else {SHAPES['sql_local']} end"
)
# The most that clean rows may cost, and those shapes that are clean rows of a source.
AIM = 2.5
CLEAN = ("sql_local", "iso_utc", "iso_offset", "epoch_millis", "realtime mix", "history mix")
CHAIN = """coalesce(
    try_cast(text as timestamp(6)),
    cast(try(from_iso8601_timestamp_nanos(text)) at time zone 'UTC' as timestamp(6)),
    cast(try(from_iso8601_timestamp(text)) at time zone 'UTC' as timestamp(6)),
    cast(try(from_unixtime(cast(text as bigint) / 1000e0)) at time zone 'UTC' as timestamp(6)),
    try(date_parse(text, '%Y-%m-%d %H:%i:%s.%f UTC')),
    try(date_parse(text, '%Y%m%dT%H%i%sZ'))
)"""
# The chain above drops an offset that stands after a blank, because plain CAST does, and takes every number
# for milliseconds. This one reads the classes of docs/timestamps.md as they are meant (apart from fractions,
# which it rounds or cuts to milliseconds): what a chain costs that covers the same formats.
COVERING_CHAIN = """coalesce(
    cast(try_cast(text as timestamp(6) with time zone) at time zone 'UTC' as timestamp(6)),
    cast(try(from_iso8601_timestamp_nanos(text)) at time zone 'UTC' as timestamp(6)),
    if(length(text) > 10, cast(try(from_iso8601_timestamp(text)) at time zone 'UTC' as timestamp(6))),
    cast(try(from_unixtime_nanos(cast(case length(text) when 10 then text || '000000000'
        when 13 then text || '000000' when 16 then text || '000' when 19 then text end as bigint)))
        at time zone 'UTC' as timestamp(6)),
    try(date_parse(text, '%Y/%m/%d %H:%i:%s')),
    try(date_parse(text, '%Y%m%dT%H%i%sZ')),
    try(date_parse(text, '%Y%m%dT%H%i%s')),
    try(date_parse(text, '%Y%m%d'))
)"""
RIVALS = {"coalesce chain": CHAIN, "covering chain": COVERING_CHAIN}


def main() -> None:
    arguments = _arguments()
    macros = load_macros(Path(__file__).resolve().parents[1]).module
    for shape in arguments.shapes:
        texts = [(shape, "text", "make the text")]
        texts += [("sql_local", "text", "make the text CAST reads")] if shape != "sql_local" else []
        variants = [*texts, ("sql_local", "cast(text as timestamp(6))", "CAST")]
        variants += [(shape, macros.parse_timestamp("text"), "parse_timestamp")]
        variants += [(shape, chain, name) for name, chain in RIVALS.items()]
        cpu = _fastest_rounds(arguments, variants)
        base = cpu["make the text"]
        cast = cpu["CAST"] - cpu.get("make the text CAST reads", base)
        for name in ("parse_timestamp", *RIVALS):
            cost = cpu[name] - base
            ratio = cost / cast
            aim = f"  aim {AIM}: {'met' if ratio <= AIM else 'missed'}"
            judged = aim if name == "parse_timestamp" and shape in CLEAN else ""
            print(f"{shape:13} {name:16} {cost:7} ms  {ratio:5.2f} x CAST ({cast} ms){judged}")
        for name in RIVALS:
            share = (cpu["parse_timestamp"] - base) / (cpu[name] - base)
            print(f"{shape:13} the macro takes {share:.2f} of the CPU of the {name}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trino", required=True, metavar="URL", help="address of the engine")
    parser.add_argument("--token", required=True, help="by which the engine knows the stack's user")
    parser.add_argument("--rows", type=int, default=5_000_000, help="rows a query (5,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all variants (3)")
    parser.add_argument(
        "shapes", nargs="*", default=list(SHAPES), metavar="shape", help=f"of {', '.join(SHAPES)}"
    )
    return parser.parse_args()


def _fastest_rounds(arguments: argparse.Namespace, variants: list[tuple[str, str, str]]) -> dict[str, int]:
    fastest: dict[str, int] = {}
    for _ in range(arguments.rounds):
        for shape, expression, name in variants:
            cpu = _cpu_milliseconds(arguments, _count(shape, expression, arguments.rows))
            fastest[name] = min(cpu, fastest.get(name, cpu))
    return fastest


def _count(shape: str, expression: str, rows: int) -> str:
    return f"""
        with texts as (
            select {SHAPES[shape]} as text
            from unnest(sequence(1, 1000)) as ones (one)
            cross join unnest(sequence(1, {rows // 1000})) as thousands (thousand)
        )
        select count({expression}) from texts"""


def _cpu_milliseconds(engine: argparse.Namespace, statement: str) -> int:
    headers = {
        "X-Trino-User": "athena",
        "Authorization": f"Bearer {engine.token}",
        "X-Forwarded-Proto": "https",
    }
    page = httpx.post(f"{engine.trino}/v1/statement", content=statement, headers=headers, timeout=60).json()
    while "nextUri" in page:
        page = httpx.get(page["nextUri"].replace("https:", "http:"), headers=headers, timeout=60).json()
    if "error" in page:
        raise SystemExit(f"The engine refused a statement: {page['error']['message']}")
    return int(page["stats"]["cpuTimeMillis"])


if __name__ == "__main__":
    main()
