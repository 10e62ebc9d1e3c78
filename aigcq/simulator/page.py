"""The page a person sees who opens the simulator's address in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from string import Template
from typing import Any, Final

from aigcq.simulator.settings import SimulatorSettings

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>aigcq simulator</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #1a1a1a; }
  table { border-collapse: collapse; } td { padding: .15rem 1.5rem .15rem 0; } td + td { font-weight: 600; }
  code { background: #f2f2f2; padding: .1em .3em; border-radius: 3px; }
  @media (prefers-color-scheme: dark) {
    body { background: #161616; color: #eee; } code { background: #333; } a { color: #8cf; }
  }
</style>
<h1>aigcq simulator</h1>
<p>A stand-in for Tencent Cloud VOD's AIGC video API. It speaks the same protocol, costs nothing, makes real little
videos, and is <strong>not</strong> the vendor.</p>
<table>
<tr><td>Live tasks<td>$live of $concurrency
<tr><td>Created so far<td>$tasks_created
<tr><td>Most at once<td>$max_live
<tr><td>Beyond the concurrency<td>$overflow: $over_the_limit
<tr><td>Speed<td>$speed ×
<tr><td>Faults<td>$faults
</table>
<p><a href="/_simulator/ledger">Ledger</a> · <a href="/_simulator/counters">Counters</a> ·
<a href="/_simulator/settings">Settings</a></p>
<p>The API is <code>POST /</code>, signed with TC3-HMAC-SHA256 as account <code>$secret_id</code>. Change the settings
with <code>PATCH /_simulator/settings</code>, jump in time with <code>POST /_simulator/clock</code>, start over with
<code>POST /_simulator/reset</code>.</p>
""")


def landing(counters: Mapping[str, Any], settings: SimulatorSettings) -> str:
    """Return the page; `counters` as the ledger counts them."""
    faults = ", ".join(f"{name} {probability:g}" for name, probability in settings.faults.items()) or "none"
    return _PAGE.substitute(
        live=counters["live"],
        concurrency=settings.concurrency,
        tasks_created=counters["tasks_created"],
        max_live=counters["max_live"],
        overflow=settings.overflow,
        over_the_limit=counters["over_the_limit"],
        speed=f"{settings.speed:g}",
        faults=escape(faults),
        secret_id=escape(settings.secret_id),
    )
