"""Print the pages of the site that differ from a commit: python -m gallery.changed COMMIT

A page of the gallery differs where its linked file does, and so where code that it uses of
keras_by_hand has changed.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from gallery.linker import write_pages
from gallery.paths import DOCS, EXAMPLES, ROOT, find_pages, name_of

MADE_FROM = ("docs", "examples", "gallery", "keras_by_hand")
# Where the linker stands, and where older commits have it: its file, folder and module.
LINKERS = (
    ("gallery/linker.py", ".", "gallery.linker"),
    ("docs/_ext/linking.py", "docs/_ext", "linking"),
)


def git(*arguments):
    """Return what git prints, as bytes; exit with what it says where it fails."""
    run = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True)
    if run.returncode:
        sys.exit(run.stderr.decode().strip())
    return run.stdout


def link_at(commit, folder):
    """Write the project as it was at a commit into a folder, and link its pages there, by
    its own rules; return where they are."""
    archive = tarfile.open(fileobj=io.BytesIO(git("archive", commit)))
    parts = [m for m in archive.getmembers() if m.name.split("/")[0] in MADE_FROM]
    archive.extractall(folder, parts, filter="data")
    for file, place, module in LINKERS:
        if (folder / file).exists():
            link = f"from {module} import write_pages; write_pages()"
            subprocess.run([sys.executable, "-c", link], cwd=folder / place, check=True)
            return folder / EXAMPLES.relative_to(ROOT)
    return folder / "examples"


def find_changed(commit):
    """Yield the names of the pages that differ, as the site has them."""
    write_pages()
    with tempfile.TemporaryDirectory() as folder:
        before = link_at(commit, Path(folder))
        for page in [*DOCS.glob("*.rst"), *DOCS.glob("*.ipynb")]:
            old = Path(folder) / page.relative_to(ROOT)
            if not old.exists() or old.read_bytes() != page.read_bytes():
                yield f"{page.stem}.html"
        for page in find_pages():
            old = before / page.relative_to(EXAMPLES)
            if not old.exists() or old.read_text() != page.read_text():
                yield f"auto_examples/{name_of(page)}.html"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say since which commit: make changed BASE=main")
    for name in find_changed(sys.argv[1]):
        print(name)
