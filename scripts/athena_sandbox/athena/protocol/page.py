"""The page at `/`, for people: running and past queries, newest first. One HTML document without scripts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from athena_sandbox.athena.executions.model import Execution

_SHOWN = 200
_REFRESH_SECONDS = 5
_STATEMENT_LENGTH = 300
# A page of another site could name a host of its own for this address and read the answer.
_LOCAL_HOSTS = frozenset(("127.0.0.1", "localhost", "[::1]"))
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


def queries_page(recent: Callable[[int], Iterable[Execution]]) -> Callable[[Request], Response]:
    """The endpoint over a function that gives up to so many executions, newest first."""

    def page(request: Request) -> Response:
        if request.headers.get("host", "").rsplit(":", 1)[0] not in _LOCAL_HOSTS:
            return PlainTextResponse("this page is for the machine it runs on\n", status_code=403)
        return HTMLResponse(_document(list(recent(_SHOWN))), headers=_HEADERS)

    return page


def _document(executions: list[Execution]) -> str:
    running = sum(not execution.state.ended for execution in executions)
    rows = "\n".join(map(_row, executions))
    shown = f"{running} running or queued; the newest {len(executions)} of all work groups"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Athena queries</title>
<meta http-equiv="refresh" content="{_REFRESH_SECONDS}"><meta name="viewport" content="width=device-width">
<style>{_STYLE}</style></head><body>
<h1>Queries</h1><p>{shown if executions else "No query has been asked yet."}</p>
<table><thead><tr><th>State</th><th>Statement</th><th>Submitted (UTC)</th><th>Seconds</th><th>Scanned</th>
<th>Work group</th><th>Id</th></tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


def _row(execution: Execution) -> str:
    submitted = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(execution.submitted))
    error = f'<pre class="error">{_short(execution.reason)}</pre>' if execution.reason else ""
    return (
        f'<tr><td class="{execution.state}">{execution.state}</td>'
        f"<td><pre>{_short(execution.request.query)}</pre>{error}</td>"
        f'<td class="time">{submitted}</td>'
        f'<td class="number">{execution.statistics.total_ms / 1000:,.2f}</td>'
        f'<td class="number">{_bytes(execution.statistics.scanned_bytes)}</td>'
        f"<td>{escape(execution.request.workgroup)}</td>"
        f'<td class="time">{execution.id}</td></tr>'
    )


def _short(text: str) -> str:
    return escape(text if len(text) <= _STATEMENT_LENGTH else f"{text[:_STATEMENT_LENGTH]} ...")


def _bytes(number: int) -> str:
    size, units = float(number), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:,.0f} {units[0]}" if units[0] == "B" else f"{size:,.1f} {units[0]}"
