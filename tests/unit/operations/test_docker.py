"""The images' recipes and the compose file hang together. No engine runs here, so this reads them."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKED = ["bot.Dockerfile", "worker.Dockerfile"]
RECIPES = [*LOCKED, "actions.Dockerfile"]
RASA = ("rasa", "rasa-train")


def recipe(name):
    return (DOCKER / name).read_text("utf-8")


@pytest.mark.parametrize("name", RECIPES)
def test_an_image_does_not_run_as_root_and_can_be_asked_how_it_is(name):
    text = recipe(name)
    assert re.search(r"^USER palaver$", text, re.MULTILINE)
    assert text.index("USER palaver") < text.index("\nCMD ")
    assert "HEALTHCHECK" in text


@pytest.mark.parametrize("name", LOCKED)
def test_an_image_installs_the_locked_versions_and_extras_that_exist(name):
    (installed,) = re.findall(r"pip install -c constraints.txt '\.\[([a-z,]+)\]'", recipe(name))
    assert set(installed.split(",")) <= set(PYPROJECT["project"]["optional-dependencies"])


@pytest.mark.parametrize("name", RECIPES)
def test_what_an_image_copies_is_there_and_let_through(name):
    patterns = (ROOT / ".dockerignore").read_text("utf-8").split()
    let_through = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    for line in re.findall(r"^COPY (.+) \S+$", recipe(name), re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists(), source
            assert any(fnmatch.fnmatch(source, pattern) for pattern in let_through), source


def test_secrets_and_data_never_enter_an_image():
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").split() if line.startswith("!")]
    for private in (".env", "data", "palaver.toml", ".git", "tests", "models"):
        assert not any(fnmatch.fnmatch(private, pattern) for pattern in let_through)


def test_the_action_servers_image_takes_rasa_sdks_versions_and_not_ours():
    assert "pip install '.[rasa]'" in recipe("actions.Dockerfile")
    assert not re.search(r"-c constraints", recipe("actions.Dockerfile"))


def test_rasa_runs_only_when_it_is_asked_for_and_with_the_examples_settings():
    for name in (*RASA, "actions"):
        assert SERVICES[name]["profiles"] == ["rasa"]
    asked = set(re.findall(r"\$\{(\w+)\}", (ROOT / "docs" / "rasa" / "endpoints.yml").read_text("utf-8")))
    assert asked == set(SERVICES["rasa"]["environment"])
    for service in (SERVICES["rasa"], SERVICES["rasa-train"]):
        assert service["image"] == "rasa/rasa:3.6.21"


def test_the_action_server_gets_one_token_and_reaches_no_database():
    assert set(SERVICES["actions"]["environment"]) == {"PALAVER_ACTIONS_BOT_URL", "PALAVER_ACTIONS_BOT_TOKEN"}
    assert SERVICES["actions"]["networks"] == ["front"]
    assert "env_file" not in SERVICES["actions"]


def test_the_bots_image_has_no_torch():
    assert "nlg]" not in recipe("bot.Dockerfile")
    extras = PYPROJECT["project"]["optional-dependencies"]
    wanted = [*PYPROJECT["project"]["dependencies"], *extras["telegram"], *extras["slack"], *extras["admin"]]
    assert not [name for name in wanted if re.match(r"torch|transformers|tokenizers|numpy", name)]


def test_the_workers_image_takes_the_locked_torch():
    assert "pip install -c constraints.txt $index torch\n" in recipe("worker.Dockerfile")
    assert re.search(r"^torch==\S+$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)


def test_every_service_waits_for_services_that_exist_and_can_tell_their_health():
    for service in SERVICES.values():
        for name, waits in service.get("depends_on", {}).items():
            assert name in SERVICES
            if waits["condition"] == "service_healthy":
                assert "test" in SERVICES[name]["healthcheck"]


def test_the_database_is_brought_up_once_before_any_bot():
    assert SERVICES["bot"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["command"] == ["palaver", "database", "upgrade"]
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", ["worker", "worker-cpu"])
def test_a_worker_gets_no_token_and_reaches_no_database(name):
    worker = SERVICES[name]
    assert "env_file" not in worker
    assert set(worker["environment"]) == {"PALAVER_BROKER_URL", "PALAVER_MODEL", "PALAVER_QUEUE"}
    assert not set(worker["networks"]) & set(SERVICES["postgres"]["networks"])


def test_the_gpu_is_asked_for_by_the_gpu_profile_alone():
    (device,) = SERVICES["worker"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert (SERVICES["worker"]["profiles"], SERVICES["worker-cpu"]["profiles"]) == (["gpu"], ["cpu"])
    assert "deploy" not in SERVICES["worker-cpu"]


def test_no_port_but_the_bots_and_rasas_is_published_and_those_only_on_this_machine():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["bot", "rasa"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_networks_volumes_and_recipes_that_are_named_are_there():
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        if "build" in service:
            assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).exists()
    assert "database" in COMPOSE["volumes"]


def test_no_password_is_written_down():
    text = (DOCKER / "compose.yaml").read_text("utf-8")
    assert re.findall(r"PASSWORD\w*: (?!\$\{POSTGRES_PASSWORD:\?)", text) == []


def test_containers_of_ours_can_change_nothing_in_themselves():
    for name in ("bot", "migrate", "worker", "worker-cpu", "actions"):
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
