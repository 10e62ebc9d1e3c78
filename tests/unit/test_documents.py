"""What is documented agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from aigcq import config, errors
from aigcq.model import TRANSITIONS
from aigcq.store.keys import Keys
from scripts.documentation import documents, failures, site, states

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.zh-CN.md"]
DOCUMENTS = [
    *READMES,
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md")),
]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_generated_documents_are_what_the_code_says() -> None:
    stale = [path for path, wanted in documents().items() if text(path) != wanted]

    assert not stale, "run scripts/docs"


def test_env_example_lists_every_setting() -> None:
    assert text(".env.example") == config.env_example()


def test_the_state_diagram_has_an_arrow_for_each_transition() -> None:
    diagram = states.diagram(TRANSITIONS)

    arrows = re.findall(r"(?m)^ +(\w+) --> (\w+): (\w+)$", diagram)

    moves = {(before, after, event) for before, moves in TRANSITIONS.items() for event, after in moves.items()}
    assert set(arrows) == moves


def test_the_error_reference_has_every_error_once() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]

    headings = re.findall(r"(?m)^### `(\w+)`$", failures.reference(errors.AigcqError))

    assert sorted(headings) == sorted(each.code for each in classes)


@pytest.mark.parametrize("path", READMES)
def test_the_readme_tells_the_defaults_that_are_true(path: str) -> None:
    rows = re.findall(r"(?m)^\| `([A-Z][A-Z_]+)` \| (?:`([^`]*)`)? *\|", text(path))

    defaults = {name: config.names()[name].default for name, _ in rows}

    assert dict(rows) == {name: _shown(value) for name, value in defaults.items()}


@pytest.mark.parametrize("path", READMES)
def test_the_readme_names_no_setting_that_does_not_exist(path: str) -> None:
    named = set(re.findall(r"\b(?:AIGCQ|REDIS|TENCENTCLOUD)_[A-Z][A-Z_]*[A-Z]\b", text(path)))

    assert named <= {*config.names(), *config.file_names().values()}


@pytest.mark.parametrize("path", READMES)
def test_the_readme_begins_with_the_two_commands(path: str) -> None:
    first = text(path).partition("```bash\n")[2].partition("```")[0].splitlines()

    assert [line.split()[0] for line in first] == ["scripts/demo", "scripts/test"]


def test_the_two_readmes_have_the_same_parts() -> None:
    shapes = [re.findall(r"(?m)^(#+) |^(```\w*)$|^(<details)", text(path)) for path in READMES]

    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_of_a_document_leads_to_a_file(path: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", text(path))

    missing = [link for link in links if "://" not in link and not (ROOT / path).parent.joinpath(link).exists()]

    assert not missing


def test_what_shows_a_promise_of_security_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", text("SECURITY.md"))

    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    "path",
    ["SECURITY.md", "docs/how-to/credential-rotation.md", "docs/reference/rate-limits.md", "docs/reference/audit.md"],
)
def test_what_protects_names_no_setting_that_does_not_exist(path: str) -> None:
    named = set(re.findall(r"\b(?:AIGCQ|REDIS|TENCENTCLOUD)_[A-Z][A-Z_]*[A-Z]\b", text(path)))

    assert named
    assert named <= {*config.names(), *config.file_names().values()}


def test_every_key_in_redis_is_explained() -> None:
    told = text("docs/reference/redis-keys.md")
    keys = Keys("q")
    fixed = [name for name, each in vars(Keys).items() if isinstance(each, property) and "prefix" not in name]

    names = [getattr(keys, name).removeprefix(keys.prefix) for name in fixed]

    assert [name for name in names if f"`{name}`" not in told] == []


def _shown(value: Any) -> str:
    value = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("path", sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.zh.md")))
def test_a_chinese_page_has_the_parts_of_the_english_one(path: str) -> None:
    shapes = [re.findall(r"(?m)^(#+) |^ *(```\w*)$", text(each)) for each in (path, path.replace(".zh.md", ".md"))]

    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/a.js">',
        '<link rel=stylesheet href="//fonts.example/css">',
        '<img alt="" src=https://example.com/badge.svg>',
        "body { background: url(https://example.com/a.png) }",
        '@import "https://example.com/a.css";',
    ],
)
def test_a_page_that_asks_for_something_from_elsewhere_is_noticed(page: str) -> None:
    (fault,) = site.faults(page)

    assert "example" in fault


def test_a_link_that_is_only_followed_by_people_may_lead_anywhere() -> None:
    page = '<a href="https://example.com"> <img src="data:image/svg+xml;base64,AAAA"> <link href="../a.css">'

    assert not site.faults(page)
