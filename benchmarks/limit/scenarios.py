"""The scenarios: sixteen in which the vendor refuses at submission, five others, and five with models."""

from __future__ import annotations

from typing import Final

from benchmarks.limit.draws import bursts, storms, tiers, visits, walk, wave
from benchmarks.limit.scenario import Levels, Manner, Model, Scenario

STEPS: Final[Levels] = ((0, 12), (2400, 4), (4800, 12), (7200, 4), (9000, 12))
STEPS_UP: Final[Levels] = ((4800, 12), (9000, 12))
HIGH: Final[Levels] = ((0, 12), (3600, 24), (7200, 12))
OUTAGES: Final[Levels] = ((0, 12), (3000, 0), (3300, 12), (7000, 0), (7060, 12))
TIERS: Final = (3, 6, 9, 12, 16)

_REFUSING = [
    Scenario(name="const12", about="12 slots, and the operator allows 12"),
    Scenario(name="q20", about="20 slots, to be found from 12", quota=((0, 20),), maximum=32),
    Scenario(name="q5", about="5 slots, to be found from 12", quota=((0, 5),)),
    Scenario(name="step", about="12 slots, 4, 12, 4, 12", quota=STEPS, rises=STEPS_UP),
    Scenario(name="step_hi", about="12 slots, 24, 12", quota=HIGH, rises=((3600, 24),), maximum=32),
    Scenario(name="sin", about="a swing between 4 and 12 in an hour", quota=wave(4, 12, 3600), maximum=16),
    Scenario(name="walk", about="one more or less every two minutes", quota=walk(3, 16, 9, 120), maximum=16),
    Scenario(name="tiers", about="another tier every twenty minutes", quota=tiers(TIERS, 1200), maximum=16),
    Scenario(name="shared", about="an outsider takes up to 8 of 12", outsider=visits(8, 240, 240)),
    Scenario(name="spur", about="storms of refusals, and one of 100 at a whim", storms=storms(600, 30), whims=0.01),
    Scenario(name="outage", about="nothing for 5 minutes, later for 1", quota=OUTAGES, rises=((3300, 12), (7060, 12))),
    Scenario(
        name="rate", about="short videos on 120 slots: 20 requests a second bind", horizon=3600.0,
        quota=((0, 120),), default=120, maximum=120, mix=(("tiny", 1.0),), workers=16, latency=(0.12, 0.3),
        poll_seconds=1.0,
    ),
    Scenario(name="bursty", about="bursts of a dozen tasks on 9 slots", quota=((0, 9),), arrivals=bursts(150, 12)),
    Scenario(name="crash", about="a worker crashes every ten minutes", maximum=16, crash_seconds=600.0),
    Scenario(name="stale", about="ends are noticed 30 s late", maximum=16, notice_seconds=30.0, latency=(1.5, 0.5)),
    Scenario(name="lag", about="the vendor frees slots 4 s late", release_seconds=4.0, notice_seconds=2.0),
]  # fmt: skip
_OTHERS = [
    Scenario(name="vqueue", about="the vendor queues above 12", manner=Manner.QUEUES, maximum=40),
    Scenario(name="vslow", about="the vendor is slower above 12", manner=Manner.SHARES, maximum=40),
    Scenario(
        name="async", about="as step, but refused seconds later", manner=Manner.FAILS, quota=STEPS, rises=STEPS_UP
    ),
    Scenario(name="q1", about="one slot, to be found from 12", quota=((0, 1),), minimum=1),
    Scenario(name="slowday", about="for an hour all takes 2.5 times longer", slow=((3600.0, 7200.0, 2.5),)),
]

_MODELS = [
    Scenario(
        name="models", about="12 slots, of which model A has 2 and B has 4; C has what is left", maximum=16,
        models=(Model("A", 0.34, ((0, 2),)), Model("B", 0.33, ((0, 4),)), Model("C", 0.33)),
    ),
    Scenario(
        name="front", about="6 slots, of which A has 1; 300 tasks of A come first", quota=((0, 6),),
        models=(Model("A", 0.5, ((0, 1),)), Model("B", 0.5)), front=300,
    ),
    Scenario(
        name="mmove", about="12 slots, of which A has 2, 8, 2", maximum=16,
        models=(Model("A", 0.7, ((0, 2), (3600, 8), (7200, 2))), Model("B", 0.3, ((0, 6),))),
    ),
    Scenario(
        name="mfree", about="as step, with three models that have no quota", quota=STEPS, rises=STEPS_UP,
        models=(Model("A", 0.5), Model("B", 0.3), Model("C", 0.2)),
    ),
    Scenario(
        name="mlate", about="as models, but refused seconds later", maximum=16, manner=Manner.FAILS,
        models=(Model("A", 0.34, ((0, 2),)), Model("B", 0.33, ((0, 4),)), Model("C", 0.33)),
    ),
]  # fmt: skip

REFUSING: Final = {scenario.name: scenario for scenario in _REFUSING}
ALL: Final = REFUSING | {scenario.name: scenario for scenario in [*_OTHERS, *_MODELS]}
