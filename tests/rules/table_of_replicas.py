"""The rules that keep a failover of Redis from losing what counts; see `table`."""

from __future__ import annotations

from tests.rules.table import HELD, SUBMISSION, Rule

CONFIRM, SERVERS, LOCATOR = "store/lua/confirm_submission.lua", "store/servers.py", "store/locator.py"

RULES = [
    # Nothing counts before replicas have it.
    Rule(
        "A create counts when so many replicas have it",
        "store/connection.py",
        "return answer, replicas >= wanted",
        "return answer, True",
        "integration/test_replicas.py::test_one_replica_is_not_two",
    ),
    Rule(
        "also if it is repeated over a new connection, and writes nothing",
        "store/scripts.py",
        'pipe.execute_command("EVAL", composed("barrier"), 1, barrier)',
        'pipe.execute_command("EXISTS", barrier)',
        "integration/test_replicas.py::test_a_repetition_over_a_new_connection_is_not_acknowledged_for_writing_nothing",
    ),
    Rule(
        "and that write is possible at maxmemory",
        "store/scripts.py",
        'pipe.execute_command("EVAL", composed("barrier"), 1, barrier)',
        'pipe.execute_command("HINCRBY", barrier, "barrier", 1)',
        "integration/test_replicas.py::test_a_full_redis_still_lets_a_submission_be_confirmed",
    ),
    Rule(
        "A refused create names the task that its key has named",
        "store/tasks.py",
        "return str(task_id)",
        "return new.id",
        "integration/test_replicas.py::test_a_create_that_no_replica_has_is_refused_with_its_task_and_its_key_finds_that",
    ),
    Rule(
        "and no task where the key may name another",
        "store/tasks.py",
        '"" if new.idempotency_key else new.id',
        "new.id",
        "api/test_replicas.py::test_a_redis_that_refuses_names_the_task_only_if_no_key_may_name_another",
    ),
    Rule(
        "The client is told its id",
        "api/problems.py",
        "task_id=(error.task_id or None) if isinstance(error, StoreUnavailable) else None,",
        "task_id=None,",
        "api/test_replicas.py::test_a_create_that_no_replica_has_names_its_task_and_a_repetition_finds_it",
    ),
    Rule(
        "Without AIGCQ_MIN_REPLICAS nobody waits",
        "store/connection.py",
        "        if not wanted:\n            return await self.run(verb, keys, args), True\n",
        "",
        "integration/test_replicas.py::test_without_replicas_that_count_nothing_waits_for_them",
    ),
    # The vendor is called for nothing that a failover may lose.
    Rule(
        "The vendor is called after the confirmation",
        SUBMISSION,
        "            if not self.settings.min_replicas:\n                return leave\n",
        "            return leave\n",
        "worker/test_replicas.py::test_nothing_is_sent_while_no_replica_has_it_on_record_and_then_it_is_sent_once",
    ),
    Rule(
        "which is repeated without beginning again",
        SUBMISSION,
        "            if confirmed := await self.persist(self._confirm, held, leave):\n"
        "                return confirmed\n",
        "            try:\n                return await self._confirm(held, leave)\n"
        "            except Exception:\n                continue\n",
        "worker/test_replicas.py::test_nothing_is_sent_while_no_replica_has_it_on_record_and_then_it_is_sent_once",
    ),
    Rule(
        "It is dated by the confirmation",
        SUBMISSION,
        "return replace(leave, signed_ms=signed_ms)",
        "return leave",
        "worker/test_replicas.py::test_what_is_sent_is_dated_by_the_confirmation",
    ),
    Rule(
        "and sent within the lease that replicas know",
        HELD,
        "        self.until = asked_at + lease_seconds\n\n",
        "        self.renewed(asked_at, lease_seconds)\n\n",
        "worker/test_replicas.py::test_a_lease_that_only_a_renewal_on_a_lost_master_has_prolonged_sends_nothing",
    ),
    Rule(
        "Only the owner is confirmed",
        CONFIRM,
        "if not owns(task, stream, group, consumer, entry_id, fence) then return {'lost'} end",
        "",
        "integration/test_replicas.py::test_who_has_lost_the_delivery_is_confirmed_nothing",
    ),
    Rule(
        "and only what is still begun",
        CONFIRM,
        "if record[1] ~= phase then return {'again'} end",
        "",
        "integration/test_replicas.py::test_a_submission_whose_record_was_lost_is_begun_anew_and_is_not_ambiguous",
    ),
    Rule(
        "and no SessionId that the vendor may have forgotten",
        CONFIRM,
        "if sent_before and now - tonumber(record[2]) > session_ms then return {'again'} end",
        "",
        "integration/test_replicas.py::test_a_session_id_that_became_too_old_while_replicas_were_away_is_not_sent_again",
    ),
    Rule(
        "and nothing that was taken back",
        CONFIRM,
        "if record[4] and not sent_before then return {'cancelled'} end",
        "",
        "integration/test_replicas.py::test_a_task_that_was_taken_back_while_replicas_were_away_is_not_sent",
    ),
    Rule(
        "unless it may have been sent before",
        CONFIRM,
        "if record[4] and not sent_before then",
        "if record[4] then",
        "integration/test_replicas.py::test_a_task_that_may_have_been_sent_before_is_not_ended_by_a_cancel",
    ),
    Rule(
        "Its lease begins anew",
        CONFIRM,
        "redis.call('ZADD', leases, 'XX', now + lease_ms, task_id)",
        "",
        "integration/test_replicas.py::test_a_confirmation_starts_the_lease_anew",
    ),
    # Whoever takes writes is found.
    Rule(
        "A connection to a server that takes none is closed",
        SERVERS,
        "        await self.disconnect()  # what else the server has answered is refused as well\n",
        "        raise error\n",
        "integration/test_masters.py::test_an_address_that_leads_to_a_new_master_is_connected_to_anew",
    ),
    Rule(
        "and those beside it before they are used",
        SERVERS,
        "if self._locator and self._refusals != self._locator.refusals:",
        "if False:",
        "integration/test_masters.py::test_when_no_replica_confirms_it_is_asked_anew_who_the_master_is",
    ),
    Rule(
        "A replica that is named is not even read",
        SERVERS,
        'if role not in ("master", b"master"):',
        "if False:",
        "integration/test_masters.py::test_a_replica_that_is_named_as_the_master_is_not_even_read",
    ),
    Rule(
        "A master whose replicas are silent may have been replaced",
        "store/connection.py",
        "self.servers.doubt()  #",
        "pass  #",
        "integration/test_masters.py::test_when_no_replica_confirms_it_is_asked_anew_who_the_master_is",
    ),
    Rule(
        "Whoever named a wrong one is asked last",
        LOCATOR,
        "self._nodes.rotate(-1)",
        "pass",
        "unit/test_locator.py::test_one_whose_answer_led_nowhere_is_not_asked_again_at_once",
    ),
    Rule(
        "Nodes that were named by others are asked too",
        LOCATOR,
        "self._nodes.extend(other for other in others if other not in self._nodes)",
        "pass",
        "unit/test_locator.py::test_nodes_that_were_named_by_others_are_asked_when_the_first_ones_are_gone",
    ),
    Rule(
        "Who took over counts as started then",
        "store/control.py",
        "return up_seconds if serving_ms < 0 else min(up_seconds, serving_ms / 1000)",
        "return up_seconds",
        "integration/test_masters.py::test_a_server_that_took_over_counts_as_started_then",
    ),
]
