"""The headers of the Lua scripts are true, and the scripts keep the rules that Lua does not."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from typing import get_args

import pytest

from aigcq.config import Settings
from aigcq.model import Event, Phase, Status
from aigcq.store.scripts import READ_ONLY, REFUSED_WHEN_FULL, composed, sources

SHARED = {
    path.name.removesuffix(".lua"): path.read_text("utf-8")
    for path in (files("aigcq.store") / "lua" / "shared").iterdir()
    if path.name.endswith(".lua")
}
SCRIPTS = sources()
POLICIES = get_args(Settings.model_fields["limit_policy"].annotation)
VERBS = pytest.mark.parametrize("name", SCRIPTS)
WORDS = sorted({*Status, *Phase})
KEY_TYPES = {"hash", "list", "set", "string", "stream", "zset"}
ARGUMENT_TYPES = {"string", "int", "float", "JSON"}


def parts(name: str) -> tuple[str, str]:
    """Return the header and the body; the header ends at the first line that is no comment."""
    header = re.match(r"(?:--.*\n)+", SCRIPTS[name])
    assert header
    return header[0], SCRIPTS[name][header.end() :]


def section(name: str, title: str) -> str:
    """Return the lines of a section of the header; RETURN is the last one."""
    header, _ = parts(name)
    found = re.search(rf"(?m)^-- {title} (?:.*\n)(?:--  .*\n)*", header)
    return found[0] if found else ""


def declared(name: str, table: str) -> list[tuple[int, str, str]]:
    """Return number, name and type of each entry of KEYS or ARGV."""
    rows = re.findall(r"(?m)^--(?: KEYS| ARGV)?\s+(\d+) (\w+) +(\w+)", section(name, table))
    return [(int(number), called, kind) for number, called, kind in rows]


def functions(text: str) -> set[str]:
    return set(re.findall(r"(?m)^local function (\w+)", text))


@VERBS
def test_a_header_begins_with_the_verb_and_what_it_does(name):
    assert re.match(rf"-- {name}: \w.*", SCRIPTS[name])
    assert section(name, "RETURN")


@VERBS
@pytest.mark.parametrize("table", ["KEYS", "ARGV"])
def test_a_header_declares_what_the_body_reads(name, table):
    _, body = parts(name)

    numbers = [number for number, *_ in declared(name, table)]

    assert numbers == list(range(1, len(numbers) + 1))
    assert set(numbers) == {int(number) for number in re.findall(rf"{table}\[(\d+)\]", body)}


@VERBS
def test_every_declared_type_exists(name):
    assert {kind for *_, kind in declared(name, "KEYS")} <= KEY_TYPES
    assert {kind for *_, kind in declared(name, "ARGV")} <= ARGUMENT_TYPES


@VERBS
def test_every_key_and_argument_is_bound_to_its_declared_name_in_the_first_block(name):
    """`ARGV` is text: `if ARGV[1] == 1` is never true."""
    first, rest = parts(name)[1].lstrip("\n").partition("\n\n")[::2]

    assert not re.search(r"KEYS|ARGV", rest)
    for number, called, _ in declared(name, "ARGV"):
        assert re.search(rf"(?m)^local {called} += .*ARGV\[{number}\]", first), called
    names = [names.split(", ") for names in re.findall(r"(?m)^local ([\w, ]+) = KEYS", first)]
    assert [called for line in names for called in line] == [called for _, called, _ in declared(name, "KEYS")]


@VERBS
def test_a_number_is_converted_and_text_is_not(name):
    _, body = parts(name)

    for number, called, kind in declared(name, "ARGV"):
        (bound,) = re.findall(rf"(?m)^local {called} += (.*ARGV\[{number}\].*)$", body)
        converter = {"int": "tonumber(", "float": "tonumber(", "JSON": "cjson.decode("}.get(kind, "ARGV")
        assert converter in bound


@pytest.mark.parametrize("text", [*SCRIPTS.values(), *SHARED.values()], ids=[*SCRIPTS, *SHARED])
def test_lua_spells_no_status_and_no_phase(text):
    code = re.sub(r"--.*", "", text)
    literals = re.findall(r"'([^']*)'", code)

    answers = re.findall(r"return \{?'(\w+)'", code)  # `cancelled` is also what a cancel is answered
    assert not (Counter(literals) - Counter(answers)).keys() & set(WORDS)


@VERBS
def test_every_part_that_is_used_exists_and_is_needed(name):
    header, body = parts(name)
    used = re.search(r"(?m)^-- USES (.+)$", header)

    for part in used[1].split() if used else []:
        assert any(re.search(rf"\b{function}\(", body) for function in functions(SHARED[part])), part


@VERBS
def test_every_function_that_is_called_was_put_before_the_body(name):
    for text in (composed(name, policy) for policy in POLICIES):
        defined = functions(text)
        for part in SHARED.values():
            for function in functions(part):
                assert function in defined or not re.search(rf"\b{function}\(", text), function


@pytest.mark.parametrize("policy", POLICIES)
def test_a_script_that_asks_the_law_has_the_one_in_force_and_no_other(policy):
    for text in (composed(name, policy) for name in SCRIPTS):
        laws = [law for law in POLICIES if SHARED[law] in text]
        assert laws == ([policy] if re.search(r"\bpolicy[.[]", text) else [])


@VERBS
def test_everything_but_new_work_goes_on_at_maxmemory(name):
    flags = composed(name).splitlines()[0]

    goes_on = "#!lua flags=no-writes" if name in READ_ONLY else "#!lua flags=allow-oom"
    assert flags == ("#!lua" if name in REFUSED_WHEN_FULL else goes_on)


def test_only_new_work_and_the_history_are_refused_at_maxmemory():
    assert {"enqueue", "history_fold", "probe", "put_upload"} == REFUSED_WHEN_FULL


@VERBS
def test_no_clock_but_the_server_s_is_read(name):
    assert not re.search(r"os\.(time|clock)", composed(name))


@VERBS
def test_a_verb_of_a_delivery_asks_who_owns_it_before_it_writes(name):
    _, body = parts(name)
    if not any(called == "fence" for _, called, _ in declared(name, "ARGV")):
        return

    before, asked, _ = body.partition("if not owns(")

    assert asked
    assert "redis.call" not in before


def test_scripts_tell_no_event_that_readers_do_not_know():
    texts = "\n".join([*SCRIPTS.values(), *SHARED.values()])

    told = set(re.findall(r"tell\(events, cap, '(\w+)'", texts)) | set(re.findall(r"'event', '(\w+)'", texts))

    assert {"create", "claim", "limit", "alarm"} <= told <= set(Event)
