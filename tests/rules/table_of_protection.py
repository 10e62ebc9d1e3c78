"""The rules that keep out who has no business here, as far as they are written in Python; see `table`."""

from __future__ import annotations

from tests.rules.table import Rule

BROWSERS, RATE, DEEDS, STORE = "api/browsers.py", "api/rate.py", "store/deeds.py", "store/__init__.py"
ACCOUNT, SECRETS = "cli/account.py", "config/secrets.py"

RULES = [
    Rule(
        "A secret that is given twice is not guessed",
        SECRETS,
        'if (self._given.get(name.lower()) or "") not in {"", *PLACEHOLDERS}:',
        "if False:",
        "unit/test_config_files.py::test_a_secret_that_is_given_twice_is_an_error_that_names_both",
    ),
    Rule(
        "Who has made too many requests is let in no more",
        RATE,
        "if not admission.admitted:",
        "if False:",
        "api/test_rate.py::test_who_has_made_too_many_is_told_how_many_there_may_be_and_when_to_come_again",
    ),
    Rule(
        "Each key has a bucket of its own",
        RATE,
        'f"key:{caller.key_id}"',
        '"key"',
        "api/test_rate.py::test_each_key_of_a_tenant_has_a_limit_of_its_own",
    ),
    Rule(
        "A whole network of IPv6 addresses is one address",
        RATE,
        ">> (128 - IPV6_BITS)",
        ">> 0",
        "api/test_rate.py::test_who_has_a_whole_network_of_ipv6_addresses_has_one_limit",
    ),
    Rule(
        "Pages of origins that are not named read nothing",
        BROWSERS,
        "self._app, settings.origins, allow_methods",
        'self._app, ["*"], allow_methods',
        "api/test_browsers.py::test_pages_of_the_origins_that_are_named_may_read_and_no_others",
    ),
    Rule(
        "What tells of tasks is kept by no cache",
        BROWSERS,
        '    "Cache-Control": "no-store",\n',
        "",
        "api/test_browsers.py::test_what_is_created_is_kept_by_no_cache",
    ),
    Rule(
        "Who acts sees no more than before",
        STORE,
        "Store.over(self.connection.acting(actor)).seen_by(self.caller)",
        "Store.over(self.connection.acting(actor))",
        "integration/test_audit.py::test_who_acts_sees_no_more_than_before",
    ),
    Rule(
        "What a client cancels of its own is not written down",
        DEEDS,
        'Said("cancel", args[0], others=True)',
        'Said("cancel", args[0])',
        "integration/test_audit.py::"
        "test_what_a_client_cancels_of_its_own_is_no_news_and_what_an_admin_cancels_of_others_is",
    ),
    Rule(
        "What opens is never written down",
        DEEDS,
        "{outward(made['tenant'])}: {made['scopes']}{named}",
        "{made}",
        "integration/test_audit.py::test_what_becomes_of_keys_and_tenants_is_written_down_without_what_opens",
    ),
    Rule(
        "A file of a secret that is about to be replaced changes nothing",
        ACCOUNT,
        "if all(found.values()):",
        "if True:",
        "unit/test_credential_files.py::test_a_file_that_is_about_to_be_replaced_changes_nothing",
    ),
    Rule(
        "A worker of another account does not touch what is live",
        "store/employer.py",
        "raise OtherAccount(account, other, live)",
        "return False",
        "integration/test_employer.py::test_a_worker_of_another_account_is_kept_out_while_vendor_tasks_are_live",
    ),
]
