"""The rules about who may call, and who sees what; see `table`. Those in Lua: `test_mutations_of_sight`."""

from __future__ import annotations

from tests.rules.table import Rule

GATE, KEYRING, LINKS, KEYS = "api/gate.py", "api/keyring.py", "api/links.py", "api/keys.py"
ISOLATION = "api/test_isolation.py::"
REFUSED = f"{ISOLATION}test_without_a_key_that_is_in_force_everything_is_refused"
HIDDEN = f"{ISOLATION}test_another_s_id_is_answered_as_one_that_nothing_has_and_nothing_happens"

RULES = [
    Rule("Routes are given the store as their caller may see it", "api/dependencies.py",
         "return store.seen_by(caller_of(scope))", "return store", HIDDEN),
    Rule("So are those who listen", "api/dependencies.py",
         "return streams.seen_by(caller_of(request.scope))", "return streams", HIDDEN),
    Rule("And the direct way", "api/direct.py",
         "native.status(task_id, store_of(scope),", "native.status(task_id, state.store,", HIDDEN),
    Rule("What is made belongs to who made it", "store/tasks.py",
         "new = replace(new, tenant=self._caller.tenant)", "pass",
         "integration/test_sight.py::test_what_a_tenant_makes_is_its_own_whoever_it_says_it_is_for"),
    Rule("What is kept of a video outlives its record, and stays its tenant's", "store/files.py",
         'self._caller.sees in (ANYONE, kept.get("tenant", ""))', "True",
         "integration/test_sight.py::test_what_is_kept_of_another_s_video_is_not_told"),
    Rule("Where a list goes on is not told of another's task", "store/listing.py",
         'self._caller.sees not in (ANYONE, tenant or "")', "False",
         "integration/test_sight.py::test_another_s_task_cannot_be_looked_at"),
    Rule("A tenant hears of its own tasks", "api/hub.py",
         "owners.get(news.task_id) == topic.removeprefix(OWN)", "True",
         "api/test_events_of_tenants.py::test_each_is_told_what_it_missed_of_its_own_and_of_the_queue"),
    Rule("What a client had no answer to is its own tenant's to send again", "api/replicate/creating.py",
         'return f"{fingerprint} {self.waiter.store.caller.tenant}".rstrip()', "return fingerprint",
         "api/test_isolation.py::test_what_was_not_answered_is_sent_again_by_its_own_tenant_only"),
    Rule("A secret is compared, not only the id", "api_key.py",
         "return hmac.compare_digest(self.hash.encode(), shown.hash.encode())", "return True",
         "api/test_keys.py::test_the_id_of_a_key_with_another_secret_is_no_key"),
    Rule("A revoked key is none", KEYRING, "if key.revoked_ms:", "if False:", REFUSED),
    Rule("An expired key is none", KEYRING, "if key.over(self._clock.now() * 1000):", "if False:", REFUSED),
    Rule("What was read of a key is good for a second", KEYRING,
         "if self._clock.monotonic() - known.read_at < FRESH_SECONDS:", "if known.key:",
         "api/test_keyring.py::test_a_revoked_key_goes_on_for_a_second_at_most"),
    Rule("A key needs the scope", GATE, "if not caller.may(wanted):", "if False:",
         f"{ISOLATION}test_without_the_scope_that_it_takes_everything_is_refused"),
    Rule("The tasks of one tenant are listed for administrators", "api/tasks.py",
         "if not caller.may(Scope.ADMIN):", "if False:",
         "api/test_dead.py::test_an_admin_is_told_whose_a_task_is_and_lists_those_of_one_tenant_and_nobody_else_is"),
    Rule("Whose a task is, administrators are told", "store/tasks.py",
         "return tenant if self._caller.oversees else None", "return tenant",
         "api/test_dead.py::test_an_admin_is_told_whose_a_task_is_and_lists_those_of_one_tenant_and_nobody_else_is"),
    Rule("Calls of all webhooks are administrators'", "api/webhooks.py",
         "if task_id is None and not caller.may(Scope.ADMIN):", "if False:",
         "api/test_dead.py::test_deliveries_of_all_webhooks_come_in_pages_for_admins_only"),
    Rule("A signed address is good for what can be had by one", GATE, "SIGNED.fullmatch(scope[\"path\"])", "True",
         "api/test_links.py::test_a_signature_works_for_its_own_address_only"),
    Rule("A signature is of one address", LINKS, '{path}\\n{expires}', '{expires}',
         "api/test_links.py::test_a_signature_works_for_its_own_address_only"),
    Rule("A signature is ours", LINKS,
         "if not hmac.compare_digest(self._signature(path, expires).encode(), signature.encode()):", "if False:",
         "api/test_links.py::test_an_address_that_was_changed_does_not_work"),
    Rule("A signed address is over when its time is", LINKS, "int(expires) <= self.clock.now()", "False",
         "api/test_links.py::test_an_address_is_over_when_its_time_is"),
    Rule("Who needs no key makes none over HTTP", KEYS, "if not caller.key_id:", "if False:",
         "api/test_keys.py::test_who_needs_no_key_cannot_make_the_first_and_shut_others_out"),
]  # fmt: skip
