"""Surprises: each says how grave it is and what of Keras it is about, and stands in the
section of its family.
"""

import functools
import re

import keras
import pytest
from bs4 import BeautifulSoup
from project import SITE
from sphinx.errors import ExtensionError

from gallery import surprises
from gallery.paths import SOURCES
from gallery.surprises import GRAVITIES, find_surprises, find_worst, surprises_of

TOLD = """\
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong shape:** Both
#    ``GRU(2)`` and ``keras.ops.relu`` know ``units`` and ``GRU``. Unlike
#    ``LSTM``, they do.

x = 1
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    """What reads the surprises of a page with a text: of the project, as messages say."""
    monkeypatch.setattr(surprises, "ROOT", tmp_path)

    def read_text(text):
        page = tmp_path / "recurrent/plot_gru.py"
        page.parent.mkdir(exist_ok=True)
        page.write_text(text)
        return list(surprises.read_surprises(page))

    return read_text


def test_a_warning_is_read_and_its_first_sentence_names_what_it_is_about(read):
    (told,) = read(TOLD)
    assert told.page == "recurrent/plot_gru"
    assert told.versions == "3.15.1, not in 3.16.0.dev"
    assert told.gravity == "wrong shape"
    assert told.names == ("GRU", "keras.ops.relu")
    assert told.text.startswith("Both ``GRU(2)``") and told.text.endswith("they do.")


@pytest.mark.parametrize(
    "right, wrong",
    [
        (", wrong shape", ""),
        ("wrong shape", "bad"),
        ("Seen in Keras", "In Keras"),
        (", not in 3.16.0.dev", ", gone"),
        (":**", "**"),
    ],
)
def test_a_warning_of_another_form_is_refused(read, right, wrong):
    with pytest.raises(ExtensionError) as refused:
        read(f"x = 1\n\n{TOLD.replace(right, wrong)}")
    message = str(refused.value)
    assert message.startswith("recurrent/plot_gru.py:3: write a warning as")
    assert all(gravity in message for gravity in GRAVITIES)


def test_a_warning_that_names_nothing_of_keras_first_is_refused(read):
    with pytest.raises(ExtensionError, match="the first sentence names"):
        read(
            "# .. warning:: **Seen in Keras 3.15.1, error:** It fails. ``GRU`` is it.\n"
        )


def test_a_name_of_keras_finds_what_is_told_of_it():
    pages = {surprise.page for surprise in surprises_of("Layers", "GRU")}
    assert {"recurrent/plot_gru_reset_after", "recurrent/plot_rnn_states"} <= pages
    (of_layer,) = surprises_of("Layers", "Identity")
    (of_initializer,) = surprises_of("Initializers", "Identity")
    assert of_layer.page == "activations/plot_custom_activation"
    assert of_initializer.page == "files/plot_keras_file"
    assert surprises_of("Layers", "Nothing") == []


def test_the_worst_come_first():
    found = [surprise.gravity for surprise in surprises_of("Layers", "Conv2DTranspose")]
    assert found == ["wrong numbers", "error", "error", "documentation"]


@pytest.mark.parametrize("name", sorted({n for s in find_surprises() for n in s.names}))
def test_what_a_surprise_names_keras_has(name):
    if name.startswith("keras."):
        assert functools.reduce(getattr, name.split(".")[1:], keras)
    else:
        assert name in surprises.names_of_keras()


def test_every_warning_of_a_page_is_a_surprise():
    warnings = sum(
        page.read_text().count(".. warning::") for page in SOURCES.glob("*/plot_*.py")
    )
    assert len(find_surprises()) == warnings > 100


def test_the_page_has_a_section_for_each_family_with_counts():
    page = BeautifulSoup((SITE / "surprises.html").read_text(), "html.parser")
    found, counts = [], []
    for section in page.select("section:has(> .rubric)"):
        counts.append(dict.fromkeys(GRAVITIES, 0))
        for heading in section.select(".rubric"):
            gravity, count = heading.text.lower().split(": ")
            counts[-1][gravity] = int(count)
            items = heading.find_next_sibling("ul").find_all("li", recursive=False)
            assert len(items) == int(count)
            found += [(gravity, *read_end(item)) for item in items]
    told = [(s.gravity, s.page, s.versions) for s in find_surprises()]
    assert sorted(found) == sorted(told)
    *families, total = page.select("table tbody tr")
    of_table = [[int(cell.text or 0) for cell in r.select("td")[1:]] for r in families]
    assert of_table == [list(of_section.values()) for of_section in counts]
    assert [int(cell.text) for cell in total.select("td")[1:]] == list(
        map(sum, zip(*of_table))
    )


def test_the_ten_worst_come_first():
    page = BeautifulSoup((SITE / "surprises.html").read_text(), "html.parser")
    found = [read_end(item) for item in page.select("section section")[0].select("li")]
    listed = [surprise for surprise, _ in find_worst()]
    assert found == [(s.page, s.versions) for s in listed]
    assert len(listed) == 10
    assert {surprise.gravity for surprise in listed} == {GRAVITIES[0]}


@pytest.mark.parametrize(
    "begins, found", [("``GRU`` never", 0), ("``Dense`` ignores", 1), ("``Dense``", 2)]
)
def test_what_is_listed_must_be_one_warning(tmp_path, monkeypatch, begins, found):
    told = ["``Dense`` ignores its name.", "``Dense`` is dense."]
    known = [surprises.Surprise("a/plot_b", "3", "error", (), text) for text in told]
    monkeypatch.setattr(surprises, "find_surprises", lambda: known)
    monkeypatch.setattr(surprises, "ROOT", tmp_path)
    monkeypatch.setattr(surprises, "DOCS", tmp_path)
    listed = f'[[worst]]\nbegins = "{begins}"\nif = "you count"\n'
    (tmp_path / "worst_surprises.toml").write_text(listed)
    if found == 1:
        assert find_worst.__wrapped__() == [(known[0], "you count")]
        return
    with pytest.raises(ExtensionError) as refused:
        find_worst.__wrapped__()
    assert f"worst_surprises.toml: {found} warnings of pages begin" in str(
        refused.value
    )
    assert begins in str(refused.value)


def read_end(item):
    """Return the page, "section/stem", that an entry leads to, and its versions."""
    address = item.select("a.reference.internal")[-1]["href"]
    name = address.removeprefix("auto_examples/").removesuffix(".html")
    return name, re.search(r"\(seen in (.+)\)$", item.text.strip())[1]
