"""What tests in a browser are given."""

import contextlib
from urllib.parse import urlsplit

import chromium as browser
import pytest


# Of each module: while it is open, an asyncio loop is, which other tests could not start.
@pytest.fixture(scope="module")
def chromium():
    with browser.opened() as instance:
        yield instance


@contextlib.contextmanager
def watched(page):
    """While open, what the page asks for and what fails on it is noted; in the end, no
    other host must have been asked for anything, and no script have failed."""
    hosts, errors = set(), []
    notice = {
        "request": lambda request: hosts.add(urlsplit(request.url).hostname),
        "pageerror": lambda error: errors.append(error),
    }
    for event, function in notice.items():
        page.on(event, function)
    yield page
    for event, function in notice.items():
        page.remove_listener(event, function)
    assert hosts <= {"127.0.0.1", None}
    assert errors == []


@pytest.fixture(scope="module")
def only_tab(chromium):
    """One page for all tests of a module: what all pages of the site share need not be
    loaded again, nor a process begun."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


@pytest.fixture
def tab(only_tab, address):
    """The page, as a new one is: with nothing stored, and nothing before it."""
    session = only_tab.context.new_cdp_session(only_tab)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    stored = {"origin": origin, "storageTypes": "local_storage"}
    session.send("Storage.clearDataForOrigin", stored)
    session.detach()
    only_tab.goto("about:blank")
    only_tab.mouse.move(0, 0)
    only_tab.set_viewport_size({"width": 1280, "height": 720})
    only_tab.emulate_media(media="null", color_scheme="null", reduced_motion="null")
    with watched(only_tab):
        yield only_tab
    only_tab.unroute_all()
