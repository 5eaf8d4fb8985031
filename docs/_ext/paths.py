"""Where things are, and the pages in the order of ideas."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
GALLERY = DOCS / "auto_examples"
STYLE = Path(__file__).with_name("gallery.mplstyle")

# Folders of examples/; one that is not named here comes before the last two.
FIRST = [
    *("dense", "activations", "shapes", "weights", "training"),
    *("precision", "adapters", "quantization", "files"),
]
LAST = ["refusals", "equality"]
SECTIONS = [*FIRST, "*", *LAST]


def find_pages():
    """Return the scripts of the gallery: section by section, by name in each."""
    names = {path.parent.name for path in EXAMPLES.glob("*/plot_*.py")}
    others = sorted(names - {*FIRST, *LAST})
    return [
        page
        for section in (*FIRST, *others, *LAST)
        for page in sorted(EXAMPLES.glob(f"{section}/plot_*.py"))
    ]
