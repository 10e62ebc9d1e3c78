"""The concurrency law in simulated hours: a vendor, a cluster, and laws beside an oracle that knows the quota.

`scenarios.py` has the scenarios, `vendor.py`, `vendors.py` and `cluster.py` are the simulation, on the
agenda of `events.py`; `ours.py` drives the product's laws, `published.py` has others to compare with,
`run.py` makes one run, and `figures.py`, `table.py` and `plot.py` show what came out.
"""
