"""The pages for people: at `/` running and past queries, newest first; at `/queries/ID` one of them, whole.

HTML documents without scripts. Their links are relative: the address has a token before these paths, which
`wire.access` requires.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.executions.model import Execution

_SHOWN = 200
_REFRESH_SECONDS = 5
_STATEMENT_LENGTH = 300
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1c2128; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid #d8dee4 }
th { color: #57606a; font-weight: 600 }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
td.time { white-space: nowrap }
a { color: inherit } td a { text-decoration: none } td a:hover { text-decoration: underline }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 12px/1.4 ui-monospace, monospace }
.SUCCEEDED { color: #1a7f37 }
.RUNNING, .QUEUED { color: #9a6700 }
.FAILED, .CANCELLED, .error { color: #b3261e }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 }
  th, td { border-color: #30363d }
  .SUCCEEDED { color: #3fb950 }
  .RUNNING, .QUEUED { color: #d29922 }
  .FAILED, .CANCELLED, .error { color: #ff7b72 }
}
"""


def queries_page(
    recent: Callable[[int], Iterable[Execution]], get: Callable[[str], Execution]
) -> Callable[[Request], Response]:
    """The endpoint over two functions: one returns up to so many executions, newest first, the other one by
    its id.
    """

    def page(request: Request) -> Response:
        execution_id = request.path_params.get("id")
        if execution_id is None:
            return HTMLResponse(_document(list(recent(_SHOWN))), headers=_HEADERS)
        try:
            return HTMLResponse(_execution_document(get(execution_id)), headers=_HEADERS)
        except InvalidRequestError:
            return PlainTextResponse("there is no such query\n", status_code=404)

    return page


def _document(executions: list[Execution]) -> str:
    running = sum(not execution.state.ended for execution in executions)
    rows = "\n".join(map(_row, executions))
    shown = f"{running} running or queued; the newest {len(executions)} of all work groups"
    body = f"""<h1>Queries</h1><p>{shown if executions else "No query has been asked yet."}</p>
<table><thead><tr><th>State</th><th>Statement</th><th>Submitted (UTC)</th><th>Seconds</th><th>Scanned</th>
<th>Work group</th></tr></thead><tbody>
{rows}
</tbody></table>"""
    return _page("Athena queries", body, is_live=running > 0)


def _execution_document(execution: Execution) -> str:
    node, statement = _dbt_node(execution.request.query)
    error = f'<h2>Error</h2><pre class="error">{escape(execution.reason)}</pre>' if execution.reason else ""
    facts = {
        "State": f'<span class="{execution.state}">{execution.state}</span>',
        "dbt node": escape(node or ""),
        "Submitted (UTC)": _submitted(execution),
        "Seconds": f"{execution.statistics.total_ms / 1000:,.2f}",
        "Scanned": _bytes(execution.statistics.scanned_bytes),
        "Work group": escape(execution.request.workgroup),
        "Result": escape(execution.output_location),
    }
    rows = "".join(f"<tr><th>{name}</th><td>{fact}</td></tr>" for name, fact in facts.items() if fact)
    body = f"""<p><a href="../">All queries</a></p><h1>Query {escape(execution.id)}</h1>
<table>{rows}</table>{error}<h2>Statement</h2><pre>{escape(statement)}</pre>"""
    return _page(f"Athena query {execution.id}", body, is_live=not execution.state.ended)


def _page(title: str, body: str, *, is_live: bool) -> str:
    # Only while something can change: a page that reloads forever hangs a headless browser.
    refresh = f'<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">' if is_live else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
{refresh}<meta name="viewport" content="width=device-width">
<style>{_STYLE}</style></head><body>
{body}
</body></html>
"""


def _dbt_node(query: str) -> tuple[str | None, str]:
    """The node that dbt names in its comment ahead of a statement, and the statement without the comment."""
    text = query.strip()
    comment, end, statement = text.removeprefix("/*").partition("*/")
    if not text.startswith("/*") or not end:
        return None, query
    try:
        facts = json.loads(comment)
    except ValueError:
        return None, query
    if not isinstance(facts, dict) or facts.get("app") != "dbt":
        return None, query
    return str(facts.get("node_id") or facts.get("connection_name") or "dbt"), statement.strip()


def _submitted(execution: Execution) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(execution.submitted))


def _row(execution: Execution) -> str:
    node, statement = _dbt_node(execution.request.query)
    named = f"<strong>{escape(node)}</strong>" if node else ""
    error = f'<pre class="error">{_short(execution.reason)}</pre>' if execution.reason else ""
    return (
        f'<tr><td class="{execution.state}">{execution.state}</td>'
        f'<td>{named}<a href="queries/{escape(execution.id)}"><pre>{_short(statement)}</pre></a>{error}</td>'
        f'<td class="time">{_submitted(execution)}</td>'
        f'<td class="number">{execution.statistics.total_ms / 1000:,.2f}</td>'
        f'<td class="number">{_bytes(execution.statistics.scanned_bytes)}</td>'
        f"<td>{escape(execution.request.workgroup)}</td></tr>"
    )


def _short(text: str) -> str:
    return escape(text if len(text) <= _STATEMENT_LENGTH else f"{text[:_STATEMENT_LENGTH]} ...")


def _bytes(number: int) -> str:
    size, units = float(number), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:,.0f} {units[0]}" if units[0] == "B" else f"{size:,.1f} {units[0]}"
