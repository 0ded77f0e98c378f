"""Promises that every view keeps. Views are enumerated from the app, so that those of a new page group join."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from bot.admin.groups import View
from bot.staff import Role
from bot.store.revisions import metadata
from tests.rig.admin import ORIGIN, Office, Visitor, every_page
from tests.rig.admin_seeds import Found, sow_all
from tests.rig.markup import Markup, active, clumsy, untokened
from tests.rig.payloads import PAYLOADS

VIEWS = every_page().views()
CHANGES = [name for name, view in VIEWS.items() if view.method == "POST"]
SHOWN = [name for name, view in VIEWS.items() if view.method == "GET"]
PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
NOTES = {"audit", "admin_sessions", "admin_devices", "admin_attempts"}
"""What looking at a page may write: that somebody looked."""
EVIL = "http://evil.test"
ASKED = ("q", "next", "older", "newer", "user", "action", "subject", "from", "to")
"""What addresses of pages may carry."""


def path(view: View, found: Found) -> str:
    """Fill the parameters of the view's path; `tests/rig/admin_seeds/` must sow what it shows."""
    return PARAMETER.sub(lambda match: found[match[1]], view.path)


def served(method: str, to: str) -> bool:
    """Whether a view answers at this address, which a page links or sends a form to."""
    bare = urlsplit(to).path
    paths = (PARAMETER.sub("[^/]+", f"/admin{view.path}") for view in VIEWS.values() if view.method == method)
    return not bare or any(re.fullmatch(one, bare) for one in paths)


def is_html(answer: httpx.Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


async def rows(office: Office) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the database but what looking at pages writes."""
    async with office.database.read() as connection:
        return {
            table.name: [tuple(row) for row in await connection.execute(table.select().order_by(*table.primary_key))]
            for table in metadata().sorted_tables
            if table.name not in NOTES
        }


def roles_below(view: View) -> list[Role | None]:
    return [None, *(role for role in Role if view.role and not role.covers(view.role))] if view.role else []


@pytest.fixture
async def found(office: Office) -> Found:
    return await sow_all(office.database, "calm words")


def forgeries(visitor: Visitor) -> Iterator[tuple[str, dict[str, str], dict[str, str | None]]]:
    """Requests that no page of ours sends: what is wrong, the form, the headers (`None`: not sent)."""
    good = {"form-token": visitor.token}
    yield "no token", {}, {}
    yield "an empty token", {"form-token": ""}, {}
    yield "a wrong token", {"form-token": visitor.token[::-1]}, {}
    yield "not ASCII", {"form-token": "ключ"}, {}
    yield "another site", good, {"Sec-Fetch-Site": "cross-site"}
    yield "a neighbour", good, {"Sec-Fetch-Site": "same-site"}
    yield "typed into the address line", good, {"Sec-Fetch-Site": "none"}
    yield "another origin", good, {"Origin": EVIL}
    yield "another port", good, {"Origin": f"{ORIGIN}:8443"}
    yield "an origin that is kept back", good, {"Origin": "null"}
    yield "neither origin nor site", good, {"Origin": None}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_refused_unless_our_own_form_asks_for_it(office: Office, found: Found, name: str) -> None:
    view = VIEWS[name]
    async with office.visitor(view.role or Role.ADMIN) as visitor, office.visitor(Role.ADMIN) as other:
        await visitor.get("/account")
        before = await rows(office)
        for what, form, headers in forgeries(visitor):
            answer = await _send(visitor, path(view, found), form, headers)
            assert answer.status_code == 403, what
        answer = await _send(visitor, path(view, found), {"form-token": other.token}, {})
        assert answer.status_code == 403, "the token of another session"
        assert await rows(office) == before


async def _send(visitor: Visitor, to: str, form: dict[str, str], headers: dict[str, str | None]) -> httpx.Response:
    request = visitor.http.build_request("POST", f"/admin{to}", data={"x": "1", **form})
    for header, value in headers.items():
        request.headers.pop(header, None)
        if value is not None:
            request.headers[header] = value
    return await visitor.http.send(request)


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_never_made_by_an_address_alone(office: Office, found: Found, name: str) -> None:
    view = VIEWS[name]
    shown = {other.path for other in VIEWS.values() if other.method == "GET"}
    async with office.visitor(view.role or Role.ADMIN) as visitor:
        before = await rows(office)
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
            params = {"form-token": visitor.token}
            answer = await visitor.http.request(method, f"/admin{path(view, found)}", params=params)
            assert answer.status_code == 405 or (view.path in shown and method in ("GET", "HEAD"))
        assert await rows(office) == before


@pytest.mark.parametrize("name", VIEWS)
async def test_who_may_not_is_not_let_in(office: Office, found: Found, name: str) -> None:
    view = VIEWS[name]
    before = await rows(office)
    for role in roles_below(view):
        async with office.visitor(role) as visitor:
            await visitor.get("/login" if role is None else "/account")
            to = path(view, found)
            answer = await (visitor.get(to) if view.method == "GET" else visitor.post(to))
            expected = 403 if role else 303 if view.method == "GET" else 401
            assert answer.status_code == expected, role
            assert expected != 303 or answer.headers["location"].startswith("/admin/login?next=")
    assert await rows(office) == before


@pytest.mark.parametrize("name", SHOWN)
async def test_a_page_is_well_made_and_changes_nothing(office: Office, found: Found, name: str) -> None:
    view = VIEWS[name]
    async with office.visitor(view.role) as visitor:
        for language in ("en", "zh"):
            before = await rows(office)
            visitor.http.headers["Accept-Language"] = language
            answer = await visitor.get(path(view, found))
            assert answer.status_code in (200, 303)
            assert await rows(office) == before
            _check_headers(answer)
            if is_html(answer):
                markup = Markup(answer.text)
                assert [*active(markup), *untokened(markup), *clumsy(markup)] == []
                sent = [form.attributes["action"] for form in markup.of("form") if form.attributes["method"] == "post"]
                assert [to for to in sent if not served("POST", to)] == []


def _check_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", SHOWN)
async def test_links_lead_somewhere(office: Office, found: Found, name: str) -> None:
    view = VIEWS[name]
    async with office.visitor(view.role) as visitor:
        answer = await visitor.get(path(view, found))
        links = [link.attributes["href"] for link in Markup(answer.text).of("a")] if is_html(answer) else []
        assert [to for to in links if not served("GET", to)] == []


@pytest.mark.parametrize("name", VIEWS)
async def test_what_no_database_can_take_is_refused(office: Office, found: Found, name: str) -> None:
    view = VIEWS[name]
    endless = dict.fromkeys(found, "9" * 30)
    numbered = re.sub(r"{(\w+):int}", lambda match: endless[match[1]], view.path)
    async with office.visitor(view.role or Role.ADMIN) as visitor:
        await visitor.get("/account")
        answer = await (visitor.get if view.method == "GET" else visitor.post)(path(view, found), q="a\x00b")
        assert answer.status_code == 400
        if numbered != view.path:
            to = PARAMETER.sub(lambda match: found[match[1]], numbered)
            answer = await (visitor.get if view.method == "GET" else visitor.post)(to)
            assert answer.status_code == 404


async def test_payloads_are_shown_as_text_on_every_page(office: Office) -> None:
    sown = [await sow_all(office.database, "\n".join(five)) for five in zip(*[iter(PAYLOADS)] * 5, strict=True)]
    async with office.visitor(Role.ADMIN) as visitor:
        for name in SHOWN:
            view = VIEWS[name]
            paths = {path(view, found) for found in sown}
            for to in sorted(paths):
                await _look(visitor, to, {})
            if len(paths) == 1:
                for start in range(0, len(PAYLOADS), len(ASKED)):
                    await _look(visitor, min(paths), dict(zip(ASKED, PAYLOADS[start:], strict=False)))


async def _look(visitor: Visitor, to: str, params: dict[str, str]) -> None:
    answer = await visitor.get(to, **params)
    if is_html(answer):
        assert list(active(Markup(answer.text))) == [], (to, params)


def test_there_are_sixty_payloads_and_each_would_be_noticed() -> None:
    assert len(set(PAYLOADS)) == 60
    raw = [payload for payload in PAYLOADS if payload.lstrip().startswith("<") and "alert" in payload]
    page = "<!doctype html><html><body><h1>{}</h1><p>{}</p></body></html>"
    unnoticed = [payload for payload in raw if not list(active(Markup(page.format("x", payload))))]
    assert unnoticed == []
