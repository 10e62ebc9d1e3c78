"""The rules in Python that keep permits, places and promises; see `table`."""

from __future__ import annotations

from tests.rules.table import DRIVER, SETTLER, SUBMISSION, WORKER, Rule

BATCHES = "store/batches.py"

RULES = [
    # A permit belongs to the vendor task.
    Rule(
        "What was given up keeps its permit as long as the vendor may run it",
        SETTLER,
        "seconds = max(0.0, self._longest_seconds(held) - had) if sent else 0.0",
        "seconds = 0.0",
        "worker/test_submission.py::test_what_cannot_be_found_is_left_to_a_person_and_keeps_its_permit",
    ),
    Rule(
        "also after a fault of ours",
        SETTLER,
        "sent = held.sent or delivery.task.phase != Phase.CLAIMED",
        "sent = delivery.task.phase != Phase.CLAIMED",
        "worker/test_faults.py::test_a_fault_of_ours_after_the_send_keeps_the_permit",
    ),
    Rule(
        "also if a predecessor has sent it",
        SETTLER,
        "sent = held.sent or delivery.task.phase != Phase.CLAIMED",
        "sent = held.sent",
        "worker/test_poison.py::test_a_poisoned_task_that_may_have_been_sent_keeps_its_permit",
    ),
    Rule(
        "Being throttled is told to the law",
        SETTLER,
        "return News.FAILED if over else News.REFUSED",
        "return None",
        "worker/test_submission.py::test_throttling_fails_nobody_however_often_and_lowers_the_threshold",
    ),
    # Redis away.
    Rule(
        "What could not be written is written when Redis is back",
        "worker/persist.py",
        "            except StoreUnavailable as error:\n",
        "            except ZeroDivisionError as error:\n",
        "worker/test_away.py::test_an_end_that_cannot_be_put_on_record_is_kept_until_redis_is_back",
    ),
    Rule(
        "Without a record nothing is submitted",
        SUBMISSION,
        "leave = await self.store.deliveries.begin_submission(held.delivery)",
        "leave = Submission(signed_ms=1, first_sent_ms=1, ambiguous=False)",
        "worker/test_away.py::test_while_redis_is_away_nothing_is_submitted",
    ),
    Rule(
        "Polls go on while Redis has no tokens to give",
        "worker/budget.py",
        "        except StoreUnavailable:\n            self._away_until",
        "        except ZeroDivisionError:\n            self._away_until",
        "worker/test_faults.py::test_while_tokens_cannot_be_had_polls_go_on_at_this_workers_own_pace",
    ),
    Rule(
        "and Redis is not asked again and again",
        "worker/budget.py",
        "self._away_until = self.clock.monotonic() + AWAY_SECONDS",
        "pass",
        "worker/test_faults.py::test_while_tokens_cannot_be_had_polls_go_on_at_this_workers_own_pace",
    ),
    Rule(
        "It asks for all that wait",
        "worker/budget.py",
        "min(burst, 1 + self._turns.waiting)",
        "1",
        "worker/test_budget.py::test_one_question_brings_tokens_for_all_that_wait",
    ),
    Rule(
        "Where many wait, several tokens are waited for",
        "worker/budget.py",
        "max(wait_seconds, min(TOGETHER_SECONDS, (wanted - 1) / rate))",
        "wait_seconds",
        "worker/test_budget.py::test_where_many_wait_for_tokens_these_are_fetched_several_at_a_time",
    ),
    Rule(
        "No token is kept for one that has gone",
        "worker/budget.py",
        "                self._taken = 0\n",
        "                pass\n",
        "worker/test_budget.py::test_a_token_for_one_that_has_gone_is_not_kept",
    ),
    Rule(
        "One coroutine asks for tokens at a time",
        "worker/budget.py",
        "async with self._turns.turn(due):",
        "if True:",
        "worker/test_faults.py::test_of_all_that_wait_for_a_token_one_asks",
    ),
    Rule(
        "Progress that cannot be told stops no polling",
        DRIVER,
        "        except StoreUnavailable:\n            return before",
        "        except ZeroDivisionError:\n            return before",
        "worker/test_away.py::test_progress_that_cannot_be_told_stops_no_polling",
    ),
    Rule(
        "For one lease after a start of Redis nobody is taken for dead",
        WORKER,
        "up_long_enough = await self._store.control.uptime_seconds() >= self._settings.lease_seconds",
        "up_long_enough = True",
        "worker/test_away.py::test_after_a_start_of_redis_nobody_is_taken_for_dead_before_a_lease_has_passed",
    ),
    Rule(
        "A sweeper repairs",
        WORKER,
        "                group.create_task(self._every(REPAIR_SECONDS, self._repair)),\n",
        "",
        "worker/test_away.py::test_what_a_broken_write_left_behind_is_repaired",
    ),
    Rule(
        "A consumer group that is gone is made again",
        WORKER,
        "        await self._store.connection.prepare()  # without the group",
        "        # without the group",
        "worker/test_faults.py::test_a_consumer_group_that_is_gone_is_made_again_even_if_nothing_is_queued",
    ),
    # Stopping.
    Rule(
        "What is held at SIGTERM is handed back",
        DRIVER,
        "            await self.hand_back(delivery, drain_seconds)\n",
        "            pass\n",
        "worker/test_stop.py::test_waits_for_tokens_end_at_once_and_all_is_handed_over",
    ),
    Rule(
        "also by force",
        DRIVER,
        "            await self.hand_back(delivery, drain_seconds * LAST_SHARE)\n",
        "            pass\n",
        "worker/test_stop.py::test_a_second_signal_hands_back_all_the_same",
    ),
    Rule(
        "also what was claimed while the stop came",
        DRIVER,
        "        self.stop.check()\n",
        "",
        "worker/test_stop.py::test_what_was_claimed_while_the_stop_came_goes_back_unsent_to_its_place",
    ),
    Rule(
        "What is handed back wakes a sweeper",
        "worker/listener.py",
        'if any(event["event"] == Event.HAND_BACK for _, event in events):',
        "if False:",
        "worker/test_wake.py::test_what_is_handed_back_is_taken_over_at_once_by_a_worker_that_waits",
    ),
    Rule(
        "also what was handed back before it began to listen",
        "worker/listener.py",
        "if not self._read_to:",
        "if False:",
        "worker/test_wake.py::test_what_is_handed_back_while_a_worker_looks_at_the_queue_is_taken_over_at_once",
    ),
    Rule(
        "also what was handed back while it looked at the queue",
        "worker/listener.py",
        "self._read_to = min(self._read_to or last_event, last_event, key=_order)",
        "self._read_to = last_event",
        "worker/test_wake.py::test_what_is_handed_back_while_a_worker_looks_at_the_queue_is_taken_over_at_once",
    ),
    # Poison.
    Rule(
        "A task that kills worker after worker ends as poisoned",
        DRIVER,
        "if delivery.task.deaths >= self.settings.max_deaths and not vendor_task_id:",
        "if False:",
        "worker/test_poison.py::test_a_task_that_killed_three_workers_fails_as_poisoned_and_is_never_sent",
    ),
    Rule(
        "but what is paid for is collected first",
        DRIVER,
        "if delivery.task.deaths >= self.settings.max_deaths and not vendor_task_id:",
        "if delivery.task.deaths >= self.settings.max_deaths:",
        "worker/test_poison.py::test_what_is_paid_for_is_collected_however_many_have_died",
    ),
    Rule(
        "Beside a suspect nothing is claimed",
        WORKER,
        "if any(held.delivery.task.deaths >= most and not held.proven for held in self._held.values()):",
        "if False:",
        "worker/test_poison.py::test_beside_a_suspect_nothing_is_claimed",
    ),
    Rule(
        "Beside what has not been renewed yet no suspect is taken",
        WORKER,
        "unproven = sum(not held.proven for held in self._held.values())",
        "unproven = 0",
        "worker/test_poison.py::test_beside_what_has_not_been_renewed_yet_no_suspect_is_taken",
    ),
    Rule(
        "A look that did not kill the worker clears a suspect",
        WORKER,
        "await self._renew_leases([held for held in self._held.values() if held.looked and held.suspected])",
        "pass",
        "worker/test_poison.py::test_suspects_that_run_at_the_vendor_are_watched_again_one_right_after_the_other",
    ),
    # One request, one task.
    Rule(
        "The client's Idempotency-Key reaches the queue",
        "api/native.py",
        "            idempotency_key=idempotency_key,\n",
        "",
        "api/test_native.py::test_an_idempotency_key_that_comes_again_adds_nothing",
    ),
    Rule(
        "with a fingerprint of the request",
        "api/native.py",
        'fingerprint=sha256(body.model_dump_json().encode()).hexdigest()[:32] if idempotency_key else "",',
        'fingerprint="same",',
        "api/test_native.py::test_an_idempotency_key_with_another_body_is_refused",
    ),
    # What many ask together concerns nobody but who has asked it.
    Rule(
        "What was answered, or is not wanted any more, is not sent again",
        BATCHES,
        "[call for call in batch if call.open]",
        "batch",
        "integration/test_batches_in_trouble.py::test_what_was_given_up_is_not_sent_again",
    ),
    Rule(
        "Who has waited for too long is refused before it is sent",
        BATCHES,
        "if call.open and call.asked_at < patient_since:",
        "if False:",
        "integration/test_batches_in_trouble.py::test_who_has_waited_for_too_long_is_refused_and_nothing_is_sent",
    ),
    Rule(
        "A batch that hangs is overtaken",
        BATCHES,
        "loop.call_later(OVERTAKE_SECONDS, self._depart)",
        "None",
        "integration/test_batches.py::test_a_batch_that_does_not_come_back_is_overtaken",
    ),
    # What the law hears.
    Rule(
        "Too many calls in one second are no news of how many may run",
        SETTLER,
        "return News.RATE_LIMITED",
        "return News.REFUSED",
        "worker/test_law.py::test_what_was_refused_tells_why",
    ),
    Rule(
        "The vendor's answer to one submission wakes whoever waits for it",
        "worker/listener.py",
        "or (event == Event.SUBMIT and self._submissions)",
        "",
        "worker/test_law.py::test_the_vendor_s_answer_to_one_submission_lets_the_next_go",
    ),
    Rule(
        "A vendor that queues is told of once",
        DRIVER,
        "held.told_waiting = True",
        "pass",
        "worker/test_law.py::test_a_vendor_that_queues_the_task_is_told_of_once",
    ),
    Rule(
        "What has ended wants no looks",
        DRIVER,
        "self.rhythm.leave(held)",
        "pass",
        "worker/test_rhythm.py::test_what_has_ended_wants_no_looks_any_more",
    ),
]
