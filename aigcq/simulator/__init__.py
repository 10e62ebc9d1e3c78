"""A faithful stand-in for Tencent Cloud VOD's AIGC video API: same wire, no bill.

    from aigcq.simulator import SimulatorSettings, run
    run(SimulatorSettings(concurrency=12, speed=20))

It knows nothing of the product in front of it, has its own table of models (vendor.yaml) and its own
latencies. docs of the wire: cloud.tencent.com/document/api/266/126239. Where the vendor's behaviour is
not published, the choice is a setting; see `SimulatorSettings`.
"""

from aigcq.simulator.app import create_app, run, server
from aigcq.simulator.settings import Overflow, SettingsError, SimulatorSettings

__all__ = ["Overflow", "SettingsError", "SimulatorSettings", "create_app", "run", "server"]
