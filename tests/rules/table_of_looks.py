"""The rules that let ends be seen soon, and calls not run out; see `table`."""

from __future__ import annotations

from tests.rules.table import DRIVER, WORKER, Rule

CADENCE, RHYTHM, LISTING = (f"worker/{name}.py" for name in ("cadence", "rhythm", "listing"))

RULES = [
    Rule(
        "In the first seconds, where failures show, every interval is a look",
        CADENCE,
        "if age_seconds < YOUNG_SECONDS or not sketch.tells:",
        "if not sketch.tells:",
        "unit/test_cadence.py::test_while_failures_show_every_interval_is_a_look",
    ),
    Rule(
        "A few observations foretell nothing",
        CADENCE,
        "if age_seconds < YOUNG_SECONDS or not sketch.tells:",
        "if age_seconds < YOUNG_SECONDS:",
        "unit/test_cadence.py::test_without_enough_observations_every_interval_is_a_look",
    ),
    Rule(
        "No early pause leads beyond the first ends",
        CADENCE,
        "return min(longest, max(interval, early - age_seconds))",
        "return longest",
        "unit/test_cadence.py::test_no_early_pause_leads_beyond_the_first_ends",
    ),
    Rule(
        "What is made by one vendor task is learnt by its kind",
        DRIVER,
        "kind=held.kind, took_seconds=took",
        "took_seconds=took",
        "worker/test_durations.py::test_the_vendor_s_own_clock_tells_how_long_a_video_of_its_kind_took",
    ),
    Rule(
        "A worker reads what was observed",
        WORKER,
        "                group.create_task(self._every(rhythm.MEASURE_SECONDS, self._rhythm.measure)),\n",
        "",
        "worker/test_rhythm.py::test_a_worker_learns_while_it_works",
    ),
    Rule(
        "Leases are renewed many at a time",
        WORKER,
        "batch = mine[first : first + RENEW_BATCH]",
        "batch = mine[first : first + 1]",
        "worker/test_leases.py::test_thousands_of_leases_are_renewed_in_a_few_steps",
    ),
    Rule(
        "Where calls do not suffice all pauses are stretched",
        RHYTHM,
        "return spread(pause * stretch(self._wanted, self.share), self.rng)",
        "return spread(pause, self.rng)",
        "worker/test_rhythm.py::test_where_calls_do_not_suffice_all_pauses_are_stretched_alike_and_the_budget_is_kept",
    ),
    Rule(
        "A worker keeps to its part of the budget",
        RHYTHM,
        "self._part = len(mine) / max(len(mine), overview.processing)",
        "self._part = 1.0",
        "worker/test_rhythm.py::test_a_worker_s_share_of_the_calls_is_its_part_of_all_that_runs",
    ),
    Rule(
        "A bell makes a look due before all others",
        RHYTHM,
        "return AT_ONCE if self.clock.monotonic() < due else due",
        "return due",
        "worker/test_rhythm.py::test_a_bell_ends_the_rest_and_makes_the_look_due_before_all_others",
    ),
    Rule(
        "Whoever is due first is next",
        "worker/turns.py",
        "heapq.heappush(self._waiting, (due, next(self._arrivals), mine))",
        "heapq.heappush(self._waiting, (0.0, next(self._arrivals), mine))",
        "unit/test_turns.py::test_who_is_due_first_is_next_and_of_two_the_one_that_came_first",
    ),
    Rule(
        "One that is cancelled as it is given the turn passes it on",
        "worker/turns.py",
        "if mine.done() and not mine.cancelled():",
        "if False:",
        "unit/test_turns.py::test_one_that_is_cancelled_while_it_waits_or_is_given_the_turn_holds_nobody_up",
    ),
    Rule(
        "A stop ends every rest",
        "worker/stop.py",
        "        for bell in self._bells:\n            bell.set()\n",
        "",
        "worker/test_rhythm.py::test_a_stop_ends_the_rest",
    ),
    Rule(
        "A list that lacks what has finished is left",
        LISTING,
        "if late := [vendor_task_id for vendor_task_id, until in self._missing.items() if until < now]:",
        "if late := []:",
        "worker/test_listing.py::test_a_list_that_lacks_what_has_finished_is_left_for_a_while_and_then_tried_again",
    ),
    Rule(
        "for a while",
        LISTING,
        "            self._distrusted_until = now + DISTRUST_SECONDS\n",
        "",
        "worker/test_listing.py::test_a_list_that_lacks_what_has_finished_is_left_for_a_while_and_then_tried_again",
    ),
    Rule(
        "What it shows late counts as shown",
        LISTING,
        "        self._missing.pop(vendor_task_id, None)\n",
        "",
        "worker/test_listing.py::test_a_list_that_shows_it_late_stays_trusted",
    ),
    Rule(
        "What it has shown, or what ended before it was read, says nothing against it",
        LISTING,
        "if self.rhythm.listed and not held.listed and job.finished_at >= self._since:",
        "if self.rhythm.listed:",
        "worker/test_listing.py::test_what_the_list_need_not_show_again_says_nothing_against_it",
    ),
    Rule(
        "Each reading goes back a little",
        LISTING,
        "after, token = self._cursor - OVERLAP_SECONDS",
        "after, token = self._cursor",
        "worker/test_listing.py::test_the_first_reading_goes_back_and_the_next_go_on_with_an_overlap",
    ),
    Rule(
        "What the list shows is looked at at once",
        LISTING,
        "            held.bell.set()\n",
        "",
        "worker/test_listing.py::test_a_worker_sees_an_end_that_the_list_shows_long_before_its_own_look_is_due",
    ),
    Rule(
        "It is read only where single looks do not suffice",
        LISTING,
        "return self.rhythm.pressure > enough and",
        "return",
        "worker/test_listing.py::test_it_is_read_only_where_single_looks_do_not_suffice",
    ),
    Rule(
        "A list that cannot be read leaves all to single looks",
        LISTING,
        "why=str(error))\n            self.rhythm.listed = False\n        else:",
        "why=str(error))\n        else:",
        "worker/test_listing.py::test_a_list_that_cannot_be_read_leaves_all_to_single_looks_and_is_tried_again",
    ),
    Rule(
        "An end that this worker has not seen running is no witness",
        DRIVER,
        "                if seen_before:\n                    self.listing.saw_end(held, sight)\n",
        "                self.listing.saw_end(held, sight)\n",
        "worker/test_listing.py::test_an_end_of_what_was_not_seen_running_is_no_witness_against_the_list",
    ),
]
