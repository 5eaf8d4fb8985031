"""The links of a page stand in the place of Sphinx-Gallery's, or the build ends."""

from types import SimpleNamespace

import launch_links
import pytest
from project import PAGES

from gallery.paths import GALLERY, name_of

NAME = name_of(PAGES[0])
LINK = "`Launch on Binder <"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The first page as Sphinx-Gallery wrote it, alone in a gallery: its file."""
    file = tmp_path / f"{NAME}.rst"
    file.parent.mkdir()
    file.write_text((GALLERY / f"{NAME}.rst").read_text())
    monkeypatch.setattr(launch_links, "GALLERY", tmp_path)
    monkeypatch.setattr(launch_links, "ROOT", tmp_path)
    monkeypatch.setattr(launch_links, "find_pages", lambda: PAGES[:1])
    return file


def test_the_links_stand_below_the_title_and_in_the_place_of_the_footer(page):
    launch_links.check_wording(None)
    source = [page.read_text()]
    launch_links.add_links(SimpleNamespace(), f"auto_examples/{NAME}", source)
    (text,) = source
    assert text.count(LINK) == 2
    assert "sphx-glr-footer" not in text and ".. note::" not in text
    assert text.index("\n====") < text.index(LINK) < text.index(".. code-block")
    assert text.index(".. _sphx_glr_download_") < text.rindex(LINK)


@pytest.mark.parametrize(
    "name, worded, otherwise",
    [
        ("NOTE", "    .. note::\n", "    .. seealso::\n"),
        ("TITLE", "\n====", "\n~~~~"),
        ("FOOTER", ".. _sphx_glr_download_", ".. _sphx_glr_get_"),
        ("FOOTER", "sphx-glr-footer", "sphx-glr-end"),
    ],
)
def test_another_wording_ends_the_build_in_one_line(page, name, worded, otherwise):
    text = page.read_text()
    if name == "TITLE":
        text = text.replace("=", "~")
    assert worded in page.read_text()
    page.write_text(text.replace(worded, otherwise))
    with pytest.raises(SystemExit) as end:
        launch_links.check_wording(None)
    assert len(str(end.value).splitlines()) == 1
    for part in ("docs/_ext/launch_links.py", f"mend {name} there", f"{NAME}.rst"):
        assert part in str(end.value)
