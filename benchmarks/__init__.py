"""Benchmarks: what the service costs beside what it cannot be cheaper than, and beside its peers.

`python -m benchmarks` lists them. `rounds.py` is the arithmetic, `stage.py` starts and measures
processes, `load.py` makes requests, `vendor.py` is a vendor that costs next to nothing, `doors.py`
the ceilings, `report.py`, `plot.py`, `machine.py` and `page.py` write down what came out; the peers are in `peers/`.
The concurrency law has a bench of its own, in simulated hours: `limit/`.
"""
