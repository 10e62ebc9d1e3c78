"""The rules that keep webhooks from leading inside, and receivers from costing anybody else; see `table`."""

from __future__ import annotations

from tests.rules.table import Rule

ADDRESSES, GUARD, CALLER = (f"outbound/{name}.py" for name in ("addresses", "guard", "caller"))
DELIVERER, HOSTS = "worker/deliverer.py", "worker/hosts.py"
ATTACKS = "outbound/test_caller.py"

RULES = [
    Rule(
        "What a name leads to is looked at",
        CALLER,
        '            self._check(each["host"])\n',
        "            pass\n",
        f"{ATTACKS}::test_one_address_inside_is_enough",
    ),
    Rule(
        "What is connected to is looked at, however it was found",
        CALLER,
        "        self._check(address[0])\n",
        "",
        f"{ATTACKS}::test_an_address_in_the_url_itself_is_looked_at_as_it_is_connected_to",
    ),
    Rule(
        "A redirect is not followed",
        CALLER,
        "allow_redirects=False",
        "allow_redirects=True",
        f"{ATTACKS}::test_a_redirect_is_not_followed",
    ),
    Rule(
        "No proxy of the environment is used",
        CALLER,
        "trust_env=False",
        "trust_env=True",
        f"{ATTACKS}::test_no_proxy_of_the_environment_is_used",
    ),
    Rule(
        "Each connection has a lookup of its own, whose answers are looked at",
        CALLER,
        "use_dns_cache=False",
        "use_dns_cache=True",
        f"{ATTACKS}::test_a_name_that_is_bound_anew_leads_only_to_what_was_looked_at",
    ),
    Rule(
        "A client's address is looked at when it is called, and not only when it was given",
        CALLER,
        "URL(text) if trusted else checked(text, self._allowed)",
        "URL(text)",
        f"{ATTACKS}::test_no_other_spelling_reaches_the_system_s_resolver",
    ),
    Rule(
        "An IPv4 address in an IPv6 one counts",
        ADDRESSES,
        "if address in MAPPED or address in NAT64:",
        "if address in MAPPED:",
        "unit/test_guard.py::test_an_address_of_the_internet_is_outside",
    ),
    Rule(
        "An address is written in four decimal numbers or not at all",
        GUARD,
        "    elif _is_number(host):\n",
        "    elif False:\n",
        "unit/test_guard.py::test_an_address_in_any_old_spelling_is_never_called",
    ),
    Rule(
        "One host has few calls at a time, and one while it does not answer",
        HOSTS,
        "if host.active < (1 if host.silent else self._at_once):",
        "if True:",
        "worker/test_receivers.py::test_a_receiver_that_does_not_answer_delays_no_other",
    ),
    Rule(
        "Who was disabled is not called",
        DELIVERER,
        "if await self._store.receivers.disabled(receiver.name):",
        "if False:",
        "worker/test_receivers.py::test_who_is_gone_is_called_no_more",
    ),
    Rule(
        "Nothing is told that is not on record",
        DELIVERER,
        "if not _has_happened(view.task, note.moment):",
        "if False:",
        "worker/test_receivers.py::test_a_note_of_what_has_not_happened_waits",
    ),
]
