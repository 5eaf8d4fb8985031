"""The glossary's words are linked only where they have its sense."""

import collections
import re

import pytest
from project import PAGES, SITE, html_of

from gallery.glossary import ENTRY, GLOSSARY, find_terms_for

# Of the words with several senses: the families in which they have the glossary's.
SENSES = {
    "Dense": "dense files models normalization quantization",
    "bias": """activations adapters attention convolution dense embedding equality
        files labs merging models normalization pooling precision quantization
        regularization recurrent refusals shapes training weights""",
    "candidate": "recurrent",
    "filter": "adapters convolution models normalization recurrent weights",
    "gate": "embedding labs recurrent",
    "kernel": """activations adapters attention convolution dense embedding files labs
        merging models normalization pooling precision quantization recurrent refusals
        regularization shapes training weights""",
    "mask": """attention embedding files labs merging models normalization pooling
        recurrent shapes""",
    "patch": "convolution models",
    "state": "embedding files labs models recurrent regularization training",
    "temperature": "models",
    "top-p": "models",
    "unit": """activations adapters attention convolution dense embedding equality
        labs merging models normalization precision preprocessing quantization
        recurrent refusals regularization shapes training weights""",
    "weight": """activations adapters convolution dense equality files labs models
        pooling precision quantization recurrent refusals shapes training weights""",
}


@pytest.fixture(scope="module")
def linked():
    """What is linked where: {term: {family: [pages]}}."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for page in PAGES:
        text = (SITE / html_of(page)).read_text()
        for term in set(re.findall(r'glossary\.html#term-([\w-]+)"', text)):
            found[term][page.parent.name].append(page.stem)
    for term, families in sorted(found.items()):
        counts = ", ".join(f"{name} {len(of)}" for name, of in families.items())
        print(f"{term}: {counts}")
    return found


def test_the_senses_are_those_of_the_glossary():
    limited = {
        entry["term"]
        for entry in ENTRY.finditer(GLOSSARY.read_text())
        if entry["places"]
    }
    assert limited == set(SENSES)


@pytest.mark.parametrize("term", SENSES)
def test_a_word_is_linked_in_families_where_it_has_this_sense(linked, term):
    families = linked[term]
    assert families
    assert families.keys() <= set(SENSES[term].split()), families


@pytest.mark.parametrize(
    "term, page",
    [
        ("mask", "recurrent/plot_rnn_dropout"),
        ("mask", "attention/plot_multi_head_attention_pytorch"),
        ("weight", "training/plot_sample_weights"),
        ("filter", "convolution/plot_separable_conv"),
        ("unit", "equality/plot_same_model_different_bits"),
    ],
)
def test_a_single_page_may_use_a_word_otherwise(linked, term, page):
    family, stem = page.split("/")
    assert linked[term][family]
    assert stem not in linked[term][family]


@pytest.mark.parametrize(
    "docname, terms",
    [
        ("auto_examples/recurrent/plot_gru", {"weight", "mask", "gate"}),
        ("reference/recurrent", {"weight", "mask", "gate"}),
        ("auto_examples/attention/plot_attention", {"mask"}),
        ("auto_examples/regularization/plot_dropout", {"weight"}),
        ("how_to_run", {"weight", "mask"}),
    ],
)
def test_a_page_has_the_terms_of_its_family(docname, terms):
    found = set(find_terms_for(docname))
    assert found & {"weight", "mask", "gate"} == terms
    assert "gradient" in found  # which has one sense
