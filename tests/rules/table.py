"""The rules that keep a task from being lost or paid for twice, as far as they are written in Python.

Each names the words that are the rule, what stands there without it, and the test that fails then.
Those in Lua are in `tests/integration/test_mutations.py`; `python -m tests.rules` prints them all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds, where, and who notices if it does not."""

    sentence: str
    file: str
    """Under `aigcq/`."""
    words: str
    """Exactly once in the file."""
    instead: str
    test: str
    """Under `tests/`, as pytest names it."""


HELD, DRIVER, SETTLER = "worker/held.py", "worker/driver.py", "worker/settler.py"
SUBMISSION, WORKER = "worker/submission.py", "worker/worker.py"

RULES = [
    # Nobody calls the vendor for a lease that may be another's.
    Rule(
        "The lease is checked on the worker's own clock before the bytes leave",
        HELD,
        "if self.lost or now >= self.until:",
        "if self.lost:",
        "worker/test_leases.py::test_who_was_stalled_before_the_send_does_not_send",
    ),
    Rule(
        "Every submission passes that check",
        SUBMISSION,
        "held.about_to_send(self.clock.monotonic())",
        "held.sent = True",
        "worker/test_leases.py::test_who_was_stalled_before_the_send_does_not_send",
    ),
    Rule(
        "A leave to submit begins the lease anew",
        SUBMISSION,
        "held.renewed(asked_at, self.settings.lease_seconds)",
        "pass",
        "worker/test_leases.py::test_who_could_not_renew_but_was_given_leave_to_send_sends",
    ),
    Rule(
        "A lease counts from when it was asked for, not from the answer",
        HELD,
        "self.until = max(self.until, asked_at + lease_seconds)",
        "self.until = float('inf')",
        "worker/test_leases.py::test_who_was_stalled_before_the_send_does_not_send",
    ),
    Rule(
        "Who learns that a lease is lost marks it",
        WORKER,
        "                    held.lost = True",
        "                    pass",
        "worker/test_leases.py::test_who_learns_that_the_lease_is_lost_stops_polling",
    ),
    Rule(
        "and stops polling",
        DRIVER,
        "            held.check_unlost()\n",
        "",
        "worker/test_leases.py::test_who_learns_that_the_lease_is_lost_stops_polling",
    ),
    Rule(
        "A delivery that this worker takes over from itself ends the former one",
        WORKER,
        "            former.lost = True",
        "            pass",
        "worker/test_leases.py::test_a_worker_that_takes_over_from_itself_drives_once",
    ),
    Rule(
        "Leases are renewed",
        WORKER,
        "        await self._renew()\n",
        "",
        "worker/test_leases.py::test_a_task_that_takes_longer_than_its_lease_stays_with_its_worker",
    ),
    # Paid once.
    Rule(
        "The same attempt has the same SessionId, whoever sends it",
        "model.py",
        'f"{uuid.UUID(task_id).hex}:{attempt}"',
        'f"{uuid.uuid4().hex}:{attempt}"',
        "worker/test_submission.py::test_an_unknown_outcome_is_sent_again_with_the_same_session",
    ),
    Rule(
        "A repeated send uses the attempt's SessionId",
        SUBMISSION,
        "session_id=delivery.task.session_id,\n                    signed_at",
        'session_id=f"{delivery.task.session_id}{sends}",\n                    signed_at',
        "worker/test_submission.py::test_an_unknown_outcome_is_sent_again_with_the_same_session",
    ),
    Rule(
        "Each attempt has a SessionId of its own",
        "model.py",
        'f"{uuid.UUID(task_id).hex}:{attempt}"',
        'f"{uuid.UUID(task_id).hex}:1"',
        "unit/test_model.py::test_each_attempt_has_a_session_id_of_its_own",
    ),
    Rule(
        "A submission is dated by the leave that Redis gave",
        SUBMISSION,
        "signed_at=leave.signed_ms / 1000,",
        "signed_at=self.clock.now(),",
        "worker/test_sessions.py::test_a_submission_is_dated_by_the_leave_and_not_by_this_machine",
    ),
    Rule(
        "A refusal after an unknown outcome does not end the ambiguity",
        SUBMISSION,
        "if not leave.ambiguous and not isinstance(error, VendorUnknown):",
        "if not isinstance(error, VendorUnknown):",
        "worker/test_submission.py::test_a_later_refusal_does_not_end_an_unknown_outcome",
    ),
    Rule(
        "An unknown outcome is not a refusal",
        SUBMISSION,
        "if not leave.ambiguous and not isinstance(error, VendorUnknown):",
        "if not leave.ambiguous:",
        "worker/test_submission.py::test_an_unknown_outcome_is_sent_again_with_the_same_session",
    ),
    Rule(
        "An ambiguous attempt that is refused for good is searched and not sent again",
        SUBMISSION,
        "if isinstance(error, VendorRejected | VendorFailed | VendorTaskGone):",
        "if False:",
        "worker/test_submission.py::test_a_vendor_task_that_was_found_after_a_refusal_is_not_asked_for_again",
    ),
    Rule(
        "A SessionId that is in already is taken for burned only if every send of it was refused",
        SUBMISSION,
        "if leave.ambiguous or not held.delivery.task.refused:",
        "if leave.ambiguous:",
        "worker/test_sessions.py::test_a_session_that_is_in_although_nobody_knows_of_a_send_is_never_given_up_for_a_new_one",
    ),
    Rule(
        "and never after an unknown outcome",
        SUBMISSION,
        "if leave.ambiguous or not held.delivery.task.refused:",
        "if not held.delivery.task.refused:",
        "worker/test_sessions.py::test_a_session_that_was_refused_and_then_unknown_is_never_given_up_for_a_new_one",
    ),
    Rule(
        "What cannot be found is given up to a person, not made anew",
        SUBMISSION,
        "raise VendorUnknown(f",
        "raise SessionBurned(f",
        "worker/test_submission.py::test_what_cannot_be_found_is_left_to_a_person_and_keeps_its_permit",
    ),
    Rule(
        "What the vendor says of a search is no news of the submission",
        SUBMISSION,
        '            except VendorError as error:\n                log.warning("search failed"',
        '            except ZeroDivisionError as error:\n                log.warning("search failed"',
        "worker/test_submission.py::test_whatever_a_search_meets_it_never_makes_a_second_vendor_task",
    ),
    Rule(
        "A refusal at submit keeps the attempt",
        SETTLER,
        "return submitted or self.settings.refused_burns_session",
        "return True",
        "worker/test_submission.py::test_a_passing_refusal_is_tried_again_with_the_same_session_as_often_as_allowed",
    ),
    Rule(
        "A vendor task that failed is a new attempt",
        SETTLER,
        "return submitted or self.settings.refused_burns_session",
        "return False",
        "worker/test_ends.py::test_a_passing_failure_is_a_new_attempt_as_often_as_allowed",
    ),
    Rule(
        "The vendor task id is put on record before anything else",
        DRIVER,
        "        await self.persist(self.store.deliveries.record_submission, delivery, "
        "made.vendor_task_id, made.made_ms)\n",
        "",
        "worker/test_stop.py::test_a_submission_under_way_is_put_on_record_and_then_handed_over",
    ),
    Rule(
        "A failed look is never a failed task",
        DRIVER,
        '            log.warning("poll failed"',
        '            raise\n            log.warning("poll failed"',
        "worker/test_ends.py::test_a_failed_look_is_never_a_failed_task",
    ),
    Rule(
        "A vendor task is gone only if that was said for a minute",
        "worker/horizon.py",
        "case VendorTaskGone() if over or gone_seconds > GONE_SECONDS:",
        "case VendorTaskGone():",
        "worker/test_ends.py::test_one_word_of_not_knowing_an_old_vendor_task_does_not_fail_it",
    ),
    Rule(
        "A submission without a readable answer is unknown",
        "vendors/vod_action.py",
        "    silence=VendorUnknown,\n",
        "",
        "unit/test_tencent_vod_answers.py::test_a_spoilt_answer_leaves_a_submission_unknown_and_a_look_unavailable",
    ),
    Rule(
        "The gateway's InternalError is unknown",
        "vendors/vod_codes.py",
        '"InternalError": VendorUnknown',
        '"InternalError": VendorFailed',
        "unit/test_tencent_vod_codes.py::test_a_refused_submission",
    ),
    Rule(
        "A repeated SessionId is a vendor task that exists",
        "vendors/vod_codes.py",
        '    "InvalidParameterValue.SessionId": VendorDuplicate,\n',
        "",
        "unit/test_tencent_vod_codes.py::test_a_refused_submission",
    ),
]
