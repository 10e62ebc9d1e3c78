"""What is deployed agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aigcq import config
from aigcq.api.protocol import BoundedHead
from aigcq.config import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILES = ["docker-compose.yml", "docker-compose.dev.yml"]
OURS = ["api", "worker", "simulator"]

SECRETS = {name for name, field in config.names().items() if "Secret" in str(field.annotation)} | {"REDISCLI_AUTH"}
NOT_SETTINGS = {
    "API_PUBLISH", "COMPOSE_PROFILES", "PYTHONPATH", "REDISCLI_AUTH", "GRAFANA_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD",
    "GF_ANALYTICS_REPORTING_ENABLED", "GF_ANALYTICS_CHECK_FOR_UPDATES",
}  # fmt: skip
"""Names in the Compose files and the READMEs that Compose, Python, redis-cli or Grafana read."""


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

    assert all(re.search(r":v?\d", image) for image in images + bases)


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


def test_the_example_of_secrets_in_files_is_one_of_compose() -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", text("docs/how-to/credential-rotation.md"), re.DOTALL)
    example = yaml.safe_load(written)

    for each in example["services"].values():
        assert {path.removeprefix("/run/secrets/") for path in each["environment"].values()} == set(each["secrets"])
        assert set(each["environment"]) <= set(config.file_names().values())
    assert set(example["secrets"]) == set(example["services"]["worker"]["secrets"])
