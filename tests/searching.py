"""The index of the search, as a built site has it."""

import json
import re


def read_index(site):
    """Return what search.js reads."""
    script = (site / "search_index.js").read_text()
    text = re.fullmatch(r"const searchIndex = JSON\.parse\('(.*)'\);\n", script)[1]
    return json.loads(re.sub(r"\\(.)", r"\1", text))
