"""The stand-in for the vendor: `aigcq simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aigcq.cli.listen import LOCAL, Host, Port
from aigcq.errors import ConfigurationError
from aigcq.simulator import Overflow, SettingsError, SimulatorSettings
from aigcq.simulator import run as run_simulator


def install(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command("simulate")(simulate)


def simulate(
    host: Host = LOCAL,
    port: Port = 8090,
    speed: Annotated[float, typer.Option(help="Divides every latency: 60 makes a minute a second.")] = 1.0,
    concurrency: Annotated[int, typer.Option(help="Videos that the account may run at once.")] = 1,
    overflow: Annotated[Overflow, typer.Option(help="What happens to a task beyond that.")] = Overflow.ASYNC_FAIL,
    faults: Annotated[
        str, typer.Option(help="Probabilities by name, e.g. reply_lost=0.1,async_fail:InternalError=0.02.")
    ] = "",
    latency: Annotated[str, typer.Option(help="Seconds of rendering as MIN-MAX, instead of the model's own.")] = "",
    seed: Annotated[int, typer.Option(help="Of latencies and faults: a run can be repeated.")] = 0,
    public_url: Annotated[str, typer.Option(help="Base of the videos' addresses.")] = "",
    state: Annotated[
        Path | None, typer.Option(help="File that keeps its tasks between two runs; written when it stops.")
    ] = None,
) -> None:
    """Run the stand-in for Tencent Cloud VOD: the same wire, no bill."""
    try:
        settings = SimulatorSettings(
            speed=speed,
            concurrency=concurrency,
            overflow=overflow,
            faults=SimulatorSettings.parse_faults(faults),
            latency=_range(latency),
            seed=seed,
            public_url=public_url,
        )
    except SettingsError as error:
        raise ConfigurationError(str(error)) from None
    run_simulator(settings, host, port, state)


def _range(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    shortest, _, longest = text.partition("-")
    try:
        return float(shortest), float(longest or shortest)
    except ValueError:
        raise ConfigurationError(f"--latency takes MIN-MAX seconds, e.g. 1-3, not {text!r}.") from None
