"""Addresses that have moved: a reader who has kept one arrives."""

import pytest
from bs4 import BeautifulSoup
from project import PAGES, SITE, html_of

from gallery.moved import read_moved

MOVED = {f"{old}.html": f"{new}.html" for old, new in read_moved().items()}


@pytest.mark.parametrize("old, new", MOVED.items())
def test_an_old_address_leads_to_the_new_one(old, new):
    page = BeautifulSoup((SITE / old).read_text(), "html.parser")
    address = page.find("a")["href"]
    assert (
        page.find("meta", {"http-equiv": "refresh"})["content"] == f"0; url={address}"
    )
    assert page.find("link", rel="canonical")["href"].endswith(f"/{new}")
    assert (SITE / old).parent.joinpath(address).resolve() == SITE / new
    assert (SITE / new).is_file()


def test_no_page_has_an_address_that_has_moved():
    assert MOVED.keys() & set(map(html_of, PAGES)) == set()
