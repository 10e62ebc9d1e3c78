"""The fault laboratory: real processes, real faults, and books that must balance.

    python -m chaos --seed 1 --minutes 2

It runs the whole system on 127.0.0.1 under load, breaks it by a seeded schedule, lets it drain,
and compares what clients were promised with what the vendor's ledger and Redis say.
"""
