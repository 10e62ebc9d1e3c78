"""What is deployed and documented agrees with the code."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
import yaml

from aigcq import config, errors
from aigcq.api.protocol import BoundedHead
from aigcq.config import Settings
from aigcq.model import TRANSITIONS
from aigcq.store.keys import Keys

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.zh-CN.md"]
DOCUMENTS = [
    *READMES,
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(f"docs/{page.name}" for page in ROOT.glob("docs/*.md")),
]
COMPOSE_FILES = ["docker-compose.yml", "docker-compose.dev.yml"]
OURS = ["api", "worker", "simulator"]

SECRETS = {name for name, field in config.names().items() if "Secret" in str(field.annotation)} | {"REDISCLI_AUTH"}
NOT_SETTINGS = {"API_PUBLISH", "COMPOSE_PROFILES", "PYTHONPATH", "REDISCLI_AUTH"}
"""Names in the Compose files and the READMEs that Compose, Python or redis-cli read."""


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def compose(path: str = "docker-compose.yml") -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text(path))
    return document


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"][name]
    return found


def dockerfile(instruction: str) -> list[str]:
    """Return the arguments of every such instruction, continued lines joined."""
    joined = text("Dockerfile").replace("\\\n", " ")
    return [" ".join(line.split()[1:]) for line in joined.splitlines() if line.startswith(f"{instruction} ")]


def generator() -> Any:
    loader = SourceFileLoader("scripts_docs", str(ROOT / "scripts" / "docs"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["redis", *OURS])
def test_the_base_specifications_commands_find_their_services(name: str) -> None:
    assert name in compose()["services"]


def test_redis_keeps_what_it_has_acknowledged() -> None:
    command = service("redis")["command"]

    said = dict(zip(command[2::2], command[3::2], strict=True))

    assert said["--appendonly"] == "yes"
    assert said["--appendfsync"] == "always"
    assert said["--maxmemory-policy"] == "noeviction"
    assert any(volume.endswith(":/data") for volume in service("redis")["volumes"])


@pytest.mark.parametrize("path", COMPOSE_FILES)
def test_redis_is_given_its_password_in_a_file(path: str) -> None:
    (mounted,) = service("redis")["configs"]

    assert compose()["configs"][mounted["source"]]["content"] == 'requirepass "${REDIS_PASSWORD:-}"\n'
    assert compose(path)["services"]["redis"]["command"][:2] == ["redis-server", mounted["target"]]


@pytest.mark.parametrize("path", COMPOSE_FILES)
def test_no_secret_is_an_argument_of_a_container(path: str) -> None:
    """Whoever may list processes or inspect containers and images reads those; the environment is told of apart."""
    services = compose(path)["services"].values()
    arguments = [{name: value for name, value in each.items() if name != "environment"} for each in services]

    interpolated = set(re.findall(r"(?<!\$)\$\{?(\w+)", yaml.safe_dump(arguments)))

    assert not interpolated & SECRETS


def test_no_secret_is_built_into_the_image() -> None:
    said = [line for kind in ("ARG", "ENV", "LABEL", "RUN", "CMD", "HEALTHCHECK") for line in dockerfile(kind)]

    assert said
    assert not {name for name in SECRETS if name in " ".join(said)}
    assert not dockerfile("ARG")


def test_nothing_is_reachable_from_outside_unless_it_is_asked_for() -> None:
    published = [port for each in compose()["services"].values() for port in each.get("ports", [])]

    assert published
    assert all(re.match(r"(\$\{\w+:-)?127\.0\.0\.1:", port) for port in published)


def test_workers_can_be_scaled() -> None:
    worker = service("worker")

    assert not {"container_name", "ports", "hostname"} & set(worker)
    assert "CONSUMER_NAME" not in worker["environment"]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_container_never_falls_back_to_an_embedded_store(name: str) -> None:
    assert service(name)["environment"]["REDIS_URL"].startswith("${REDIS_URL:-redis://")


def test_a_worker_is_given_longer_to_stop_than_it_takes() -> None:
    grace = float(service("worker")["stop_grace_period"].removesuffix("s"))

    assert grace > Settings.model_fields["drain_seconds"].default + 5


@pytest.mark.parametrize("name", OURS)
def test_the_stack_comes_up_without_an_env_file(name: str) -> None:
    assert service(name)["env_file"] == [{"path": ".env", "required": False}]


@pytest.mark.parametrize("path", COMPOSE_FILES)
def test_every_variable_that_compose_names_is_a_setting(path: str) -> None:
    given = {name for each in compose(path)["services"].values() for name in each.get("environment", {})}
    interpolated = set(re.findall(r"\$\{(\w+)", text(path)))
    told = set(re.findall(r"(?m)^#\s+([A-Z][A-Z_]+)=", text(path)))

    assert given | interpolated | told <= {*config.names(), *config.file_names().values()} | NOT_SETTINGS


def test_compose_tells_how_to_reach_the_simulator_with_its_own_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in re.findall(r"(?m)^#\s+([A-Z][A-Z_]+)=(\S+)$", text("docker-compose.yml")):
        monkeypatch.setenv(name, value)

    settings = config.read()

    assert settings.vendor_is_simulated
    assert settings.has_credentials
    assert settings.queue != "default"


@pytest.mark.parametrize("path", COMPOSE_FILES)
def test_no_image_is_a_moving_target(path: str) -> None:
    images = [each["image"] for each in compose(path)["services"].values() if "image" in each]
    bases = [base.split()[0] for base in dockerfile("FROM")]

    assert all(re.search(r":\d", image) for image in images + bases)


def test_the_image_does_not_run_as_root() -> None:
    (user,) = dockerfile("USER")

    assert int(user.split(":")[0]) >= 10_000


def test_the_image_starts_the_api_and_stops_it_in_time() -> None:
    (command,) = [yaml.safe_load(line) for line in dockerfile("CMD")]

    assert command[:2] == ["uvicorn", "app:app"]
    assert "--timeout-graceful-shutdown" in command
    assert command[command.index("--http") + 1] == f"{BoundedHead.__module__}:{BoundedHead.__name__}"
    assert dockerfile("STOPSIGNAL") == ["SIGTERM"]


def test_nothing_private_is_sent_to_the_image_build() -> None:
    first, *wanted = [line for line in text(".dockerignore").splitlines() if line and not line.startswith("#")]

    assert first == "*"
    assert not {"!.env", "!.aigcq", "!.git"} & set(wanted)


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_name_no_index(path: str) -> None:
    lines = [line for line in text(path).splitlines() if line and not line.startswith("#")]

    assert lines
    assert all(re.match(r"[\w.\-\[\],]+==[\w.!+]+( ; .+)?$", line) for line in lines)


def test_generated_documents_are_what_the_code_says() -> None:
    stale = [path for path, wanted in generator().documents().items() if text(path) != wanted]

    assert not stale, "run scripts/docs"


def test_env_example_lists_every_setting() -> None:
    assert text(".env.example") == config.env_example()


def test_the_state_diagram_has_an_arrow_for_each_transition() -> None:
    diagram = generator().state_diagram(TRANSITIONS)

    arrows = re.findall(r"(?m)^ +(\w+) --> (\w+): (\w+)$", diagram)

    moves = {(before, after, event) for before, moves in TRANSITIONS.items() for event, after in moves.items()}
    assert set(arrows) == moves


def test_the_error_reference_has_every_error_once() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]

    headings = re.findall(r"(?m)^### `(\w+)`$", generator().error_reference(errors.AigcqError))

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


@pytest.mark.parametrize("path", ["SECURITY.md", "docs/credential-rotation.md", "docs/rate-limits.md", "docs/audit.md"])
def test_what_protects_names_no_setting_that_does_not_exist(path: str) -> None:
    named = set(re.findall(r"\b(?:AIGCQ|REDIS|TENCENTCLOUD)_[A-Z][A-Z_]*[A-Z]\b", text(path)))

    assert named
    assert named <= {*config.names(), *config.file_names().values()}


def test_the_example_of_secrets_in_files_is_one_of_compose() -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", text("docs/credential-rotation.md"), re.DOTALL)
    example = yaml.safe_load(written)

    for each in example["services"].values():
        assert {path.removeprefix("/run/secrets/") for path in each["environment"].values()} == set(each["secrets"])
        assert set(each["environment"]) <= set(config.file_names().values())
    assert set(example["secrets"]) == set(example["services"]["worker"]["secrets"])


def test_every_key_in_redis_is_explained() -> None:
    told = text("docs/redis-keys.md")
    keys = Keys("q")
    fixed = [name for name, each in vars(Keys).items() if isinstance(each, property) and "prefix" not in name]

    names = [getattr(keys, name).removeprefix(keys.prefix) for name in fixed]

    assert [name for name in names if f"`{name}`" not in told] == []


def _shown(value: Any) -> str:
    value = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)
