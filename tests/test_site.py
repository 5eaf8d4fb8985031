"""The built site as files: its links, its downloads, and what must not be on it."""

import gzip
import re
import zipfile
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import PAGES, PREFIX, ROOT, SITE

HTML = {
    file.relative_to(SITE).as_posix(): BeautifulSoup(file.read_text(), "html.parser")
    for file in sorted(SITE.glob("**/*.html"))
}


def gallery_page(page):
    """The name of the HTML file of a script of examples/."""
    return f"auto_examples/{page.parent.name}/{page.stem}.html"


def downloads(name):
    """The files that a page offers, by name."""
    links = HTML[name].select("a.download[href]")
    files = [(SITE / name).parent / unquote(link["href"]) for link in links]
    return {file.name: file for file in files}


def launches(name):
    """The addresses of a page's links to Binder."""
    links = [link["href"] for link in HTML[name].select("a[href]")]
    return [link for link in links if "mybinder.org" in link]


def test_every_page_is_there():
    assert {gallery_page(page) for page in PAGES} <= set(HTML)
    assert {"index.html", "check_your_model.html", "how_to_run.html"} <= set(HTML)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_offers_its_source(page):
    files = downloads(gallery_page(page))
    assert set(files) == {f"{page.stem}.{kind}" for kind in ("py", "ipynb", "zip")}
    assert files[f"{page.stem}.py"].read_bytes() == page.read_bytes()
    with zipfile.ZipFile(files[f"{page.stem}.zip"]) as archive:
        assert archive.read(page.name) == page.read_bytes()
        notebook = archive.read(f"{page.stem}.ipynb")
    assert notebook == files[f"{page.stem}.ipynb"].read_bytes()


def test_gallery_offers_all_pages():
    files = downloads("auto_examples/index.html")
    for kind, ending in (("python", "py"), ("jupyter", "ipynb")):
        with zipfile.ZipFile(files[f"auto_examples_{kind}.zip"]) as archive:
            names = {name for name in archive.namelist() if not name.endswith("/")}
            if kind == "python":
                sources = {archive.read(name) for name in names}
                assert sources == {page.read_bytes() for page in PAGES}
        ends = {f"{page.parent.name}/{page.stem}.{ending}" for page in PAGES}
        assert {"/".join(name.split("/")[-2:]) for name in names} == ends


def test_notebook_is_offered_as_it_is_stored():
    (file,) = downloads("check_your_model.html").values()
    assert file.read_bytes() == (ROOT / "docs/check_your_model.ipynb").read_bytes()


@pytest.mark.parametrize("name", HTML)
def test_links_lead_somewhere(name):
    for tag in HTML[name].select("[href], [src], [srcset]"):
        targets = [tag.get("href"), tag.get("src")]
        targets += [
            part.split()[0] for part in tag.get("srcset", "").split(",") if part
        ]
        for target in filter(None, targets):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            folder, path = (SITE / name).parent, unquote(parts.path)
            if path.startswith(f"{PREFIX}/"):  # on the 404 page only
                folder, path = SITE, path.removeprefix(f"{PREFIX}/")
            file = (folder / path).resolve() if path else SITE / name
            file = file / "index.html" if file.is_dir() else file
            assert file.is_file(), f"{name} links to {target}, which is not there"
            if parts.fragment and file.suffix == ".html":
                anchors = HTML[file.relative_to(SITE).as_posix()].select("[id]")
                assert unquote(parts.fragment) in {anchor["id"] for anchor in anchors}


@pytest.mark.parametrize("name", [*map(gallery_page, PAGES), "check_your_model.html"])
def test_binder_opens_the_notebook_of_the_page(name):
    (launch,) = launches(name)
    parts = urlsplit(launch)
    assert re.fullmatch(r"/v2/gh/[\w-]+/[\w.-]+/gh-pages", parts.path)
    (path,) = parse_qs(parts.query)["urlpath"]
    notebook = SITE / path.removeprefix("lab/tree/")
    assert notebook.stem == name.split("/")[-1].removesuffix(".html")
    assert notebook.is_file()


@pytest.mark.parametrize("name", [*map(gallery_page, PAGES), "check_your_model.html"])
def test_colab_opens_the_same_notebook_as_binder(name):
    links = [
        link["href"]
        for link in HTML[name].select("a[href*='colab.research.google.com']")
    ]
    (path,) = parse_qs(urlsplit(*launches(name)).query)["urlpath"]
    notebook = path.removeprefix("lab/tree/")
    assert len(links) == 1 and links[0].endswith(f"/blob/gh-pages/{notebook}")


def test_binder_finds_its_requirements():
    for file in ("requirements.txt", "runtime.txt"):
        source = (ROOT / "binder" / file).read_bytes()
        assert (SITE / "binder" / file).read_bytes() == source


@pytest.mark.parametrize("name", HTML)
def test_nothing_is_loaded_from_another_host(name):
    loading = HTML[name].select(
        "[src], [srcset], object[data], link[href]:not([rel=canonical])"
    )
    for tag in loading:
        for attribute in ("src", "srcset", "data", "href"):
            assert "//" not in tag.get(attribute, ""), tag
    assert "@import" not in str(HTML[name])


def test_no_style_loads_from_another_host():
    for file in SITE.glob("_static/**/*.css"):
        assert not re.search(r"(url\(|@import)[\s\"']*(https?:)?//", file.read_text())


@pytest.mark.parametrize("name", HTML)
def test_no_noise(name):
    html, text = str(HTML[name]), HTML[name].get_text()
    assert not re.search(r"\b0x[0-9a-f]{6,}", text), "a memory address"
    assert not re.search(r"warning:|deprecat|\bI0000\b|oneDNN custom", text, re.I)
    assert not re.search(r"━|\bETA\b|\d+/\d+ \[", text), "a progress bar"
    assert not re.search(r"Traceback|problematic|system-message", html)
    assert not re.search(r"\\begin|\\left|\\\(|\\\[|\$\$", text), "raw TeX"
    assert str(ROOT) not in html, "a path of this machine"


def test_mathematics_is_native():
    for page in PAGES:
        assert HTML[gallery_page(page)].select("math mi"), page


def test_every_figure_says_what_it_shows():
    for name, page in HTML.items():
        for image in page.select("article img:not(.sphx-glr-thumbcontainer img)"):
            assert "plot_" not in image["alt"] and image["alt"].strip(), (name, image)


def transferred(file):
    """The bytes that a reader loads for a file: compressed, unless it is already."""
    data = file.read_bytes()
    return len(data) if file.suffix == ".png" else len(gzip.compress(data))


@pytest.mark.parametrize("name", sorted(set(HTML) - {"404.html"}))
def test_a_page_is_light(name):
    folder = (SITE / name).parent
    loaded = HTML[name].select("script[src], link[rel=stylesheet][href]")
    files = {
        folder / re.sub(r"\?.*", "", tag.get("src") or tag["href"]) for tag in loaded
    }
    files -= {SITE / "searchindex.js"}  # it grows with what there is to find
    at_once = HTML[name].select("img[src]:not([loading=lazy])")
    figures = {folder / image["src"] for image in at_once}
    weight = transferred(SITE / name) + sum(map(transferred, files))
    weight_of_figures = sum(map(transferred, figures))
    print(f"{name}: {weight} bytes, figures {weight_of_figures} bytes")
    assert weight <= 60_000
    assert weight_of_figures <= 60_000


def test_sharing_a_link_shows_a_preview():
    described = [name for name in HTML if name not in ("genindex.html", "search.html")]
    for name in described:
        tags = {
            tag.get("property") or tag.get("name"): tag["content"]
            for tag in HTML[name].select("meta[content]")
        }
        assert tags["og:title"] and tags["og:image:alt"]
        assert len(tags["description"]) > 30 or name in ("404.html",), name
        assert tags["og:image"].endswith(f"{PREFIX}/_static/preview.png")
    assert (SITE / "_static/preview.png").is_file()


def test_sitemap_lists_every_page():
    sitemap = BeautifulSoup((SITE / "sitemap.xml").read_text(), "html.parser")
    paths = {urlsplit(loc.text).path for loc in sitemap.select("loc")}
    left_out = {"404.html", "genindex.html", "search.html"}
    assert paths == {f"{PREFIX}/{name}" for name in set(HTML) - left_out}


def test_next_leads_through_the_gallery_in_the_order_of_ideas():
    name, visited = "index.html", []
    while link := HTML[name].select_one("a.next-page[href]"):
        target = ((SITE / name).parent / link["href"]).resolve()
        name = target.relative_to(SITE).as_posix()
        visited.append(name)
    assert [name for name in visited if "plot_" in name] == list(
        map(gallery_page, PAGES)
    )
    assert {"check_your_model.html", "glossary.html"} <= set(visited)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_leads_to_related_pages(page):
    cards = HTML[gallery_page(page)].select(".sphx-glr-thumbcontainer a[href]")
    related = {card["href"].split("/")[-1] for card in cards}
    assert len(related) == 3
    assert f"{page.stem}.html" not in related


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_words_lead_to_the_glossary(page):
    links = HTML[gallery_page(page)].select("a[href*='glossary.html#term-']")
    assert len(links) >= 3
    assert len({link["href"] for link in links}) == len(links), "a term linked twice"
