"""One app in many workspaces: installed by themselves, each with its own token, renewed in time and forgotten."""

from __future__ import annotations

import re

import httpx
import pytest

from bot.errors import Locked, Refused, SettingsError
from bot.messages import Address, Part
from connectors.slack.gateway import Slack
from connectors.slack.settings import SlackSettings

# slack_sdk still sends the client's id and secret in the way that aiohttp is about to take out.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


class Memory:
    """A vault that keeps the promises of the real one, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def put(self, name: str, text: str) -> None:
        self.kept[name] = text

    async def get(self, name: str) -> str | None:
        return self.kept.get(name)

    async def drop(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None


@pytest.fixture
def vault():
    return Memory()


@pytest.fixture
def app(slack, vault):
    secrets = {"client_secret": "client-secret", "signing_secret": slack.signing_secret}
    made = Slack(SlackSettings(client_id="1.2", api_base=slack.api_url, **secrets))
    made.keep_in(vault)
    return made


@pytest.fixture
def browse(app, inbox):
    """A browser that keeps cookies."""
    routes = app.endpoints(inbox, None)

    async def asgi(scope, receive, send):
        await routes[scope["path"]](scope, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(asgi), base_url="https://bot")


async def install(browse, team):
    """Do as a person does who presses the button, and return the page that ends it."""
    page = await browse.get("/slack/install")
    state = re.search(r"state=([\w-]+)", page.text)[1]
    return await browse.get("/slack/oauth_redirect", params={"code": f"code-{team}", "state": state})


def part(team, text="hello"):
    return Part(Address("slack", team, "D7"), text, "key")


async def test_workspaces_install_it_and_each_is_answered_with_its_own_token(slack, app, browse, vault):
    for team in ("T1", "T2"):
        assert (await install(browse, team)).status_code == 200
    assert sorted(name for name in vault.kept if "bot" in name) == ["slack:bot:T1", "slack:bot:T2"]
    for team in ("T1", "T2"):
        await app.send(part(team, f"for {team}"))
    assert [said["text"] for said in slack.posted("D7")] == ["for T1", "for T2"]
    await browse.aclose()


async def test_who_was_not_sent_by_us_installs_nothing(browse, vault):
    await browse.get("/slack/install")
    answer = await browse.get("/slack/oauth_redirect", params={"code": "code-T1", "state": "made-up"})
    assert answer.status_code in (400, 401)
    assert not [name for name in vault.kept if "bot" in name]
    assert (await browse.post("/slack/install")).status_code == 405
    await browse.aclose()


async def test_a_state_is_good_once(browse):
    page = await browse.get("/slack/install")
    asked = {"code": "code-T1", "state": re.search(r"state=([\w-]+)", page.text)[1]}
    cookie = {"Cookie": page.headers["set-cookie"].split(";")[0]}
    answers = [await browse.get("/slack/oauth_redirect", params=asked, headers=cookie) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    await browse.aclose()


async def test_a_workspace_without_the_app_is_refused(app):
    with pytest.raises(Refused, match="not installed"):
        await app.send(part("T9"))


async def test_a_token_is_renewed_before_it_expires(slack, app, browse):
    slack.api.lifetime = 60
    await install(browse, "T1")
    (first,) = slack.api.installed
    await app.send(part("T1"))
    (second,) = slack.api.installed
    assert first != second
    assert len(slack.posted("D7")) == 1
    await browse.aclose()


async def test_a_token_that_another_process_has_renewed_is_looked_up(slack, app, browse, vault):
    slack.api.lifetime = 60
    await install(browse, "T1")
    old = dict(vault.kept)
    slack.api.lifetime = 100_000
    await app.send(part("T1"))
    new, vault.kept = vault.kept, old
    slow = vault.get

    async def get(name):
        found = await slow(name)
        vault.kept = new  # the other process has written meanwhile
        return found

    vault.get = get
    await app.send(part("T1"))
    assert len(slack.posted("D7")) == 2
    await browse.aclose()


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ({"team_id": "T1", "event": {"type": "app_uninstalled"}}, []),
        ({"team_id": "T1", "event": {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0PALAVER"]}}}, []),
        ({"team_id": "T1", "event": {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}}}, ["T1"]),
        ({"event": {"type": "team_access_revoked", "team_ids": ["T1", "T2"]}}, []),
        ({"team_id": "T2", "event": {"type": "app_uninstalled"}}, ["T1"]),
        ({"team_id": "T1", "event": {"type": "message", "text": "app_uninstalled"}}, ["T1"]),
    ],
)
async def test_a_workspace_that_takes_the_app_away_is_forgotten(app, browse, vault, told, left):
    await install(browse, "T1")
    await app._installations.forget(told)
    assert [name for name in vault.kept if "bot" in name] == [f"slack:bot:{team}" for team in left]
    await browse.aclose()


async def test_a_vault_without_a_key_stops_the_start(app, inbox):
    async def get(name):
        raise SettingsError("PALAVER_VAULT_KEY is missing")

    app._vault.get = get
    with pytest.raises(SettingsError, match="PALAVER_VAULT_KEY"):
        await app.receive(inbox)


def test_many_workspaces_need_the_client_secret_and_no_bot_token():
    with pytest.raises(SettingsError, match="CLIENT_SECRET"):
        SlackSettings(client_id="1.2", signing_secret="x" * 32).check()
    SlackSettings(client_id="1.2", client_secret="y", signing_secret="x" * 32).check()


async def test_a_revoked_token_waits_for_the_owner(slack, app, browse):
    await install(browse, "T1")
    slack.api.installed.clear()
    with pytest.raises(Locked):
        await app.send(part("T1"))
    await browse.aclose()
