"""What a change makes run again: exactly what it can have changed.

A page runs again where its linked file has changed: Sphinx-Gallery sees to that. Here, it
runs again where its solutions have changed, which its notebook has; all pages run again
where Python, a package or what shapes their outputs has changed; and all are read again,
without running, where anything else of the site has. Neither Sphinx nor Sphinx-Gallery
removes a page whose source was deleted: that is done here, too.
"""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from gallery import stages
from gallery.dependencies import find_imported, find_versions
from gallery.paths import ROOT, SOURCES, STYLE, find_pages

PACKAGES = (
    *("h5py", "keras", "matplotlib", "numpy", "scikit-learn", "scipy"),
    *("sphinx-gallery", "tensorflow", "tensorflow-cpu"),
)
SHAPE_OUTPUTS = ("conditions.py", "figures.py")  # of gallery/, and what they import


def digest(*parts):
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def digest_of_files(files):
    return digest(
        *(part for f in sorted(files) for part in (f.name.encode(), f.read_bytes()))
    )


def note_settings(app, config):
    """Keep what conf.py says of the gallery, before Sphinx-Gallery adds to it."""
    settings = json.dumps(config.sphinx_gallery_conf, sort_keys=True, default=str)
    app.gallery_settings = settings


def find_provenance(settings):
    """Return what the site is made from: what pages run with, and everything else."""
    shape = find_imported([ROOT / "gallery" / n for n in SHAPE_OUTPUTS], [ROOT])
    others = [ROOT / "conf.py", ROOT / "requirements.txt"]
    for folder in ("gallery", "docs/_ext", "docs/_static", "docs/_templates"):
        others += ROOT.glob(f"{folder}/*.*")
    pages = [*SOURCES.glob("*/plot_*.py"), *ROOT.glob("docs/*.*")]
    return {
        "run": {
            "python": sys.version,
            "packages": find_versions(PACKAGES),
            "settings": digest(settings.encode()),
            "modules": digest_of_files([*shape, STYLE]),
        },
        "read": digest_of_files(others),
        "solutions": {
            f"{file.parents[1].name}/{file.stem}": digest(file.read_bytes())
            for file in sorted(SOURCES.glob("*/solutions/plot_*.py"))
        },
        "pages": sorted(str(page.relative_to(ROOT)) for page in pages),
    }


def remove(*folders):
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def remove_page(gallery, page):
    """Remove what Sphinx-Gallery made of a page, "examples/section/plot_name.py"."""
    section, stem = Path(page).parent.name, Path(page).stem
    for pattern in (
        f"{stem}.*",
        f"{stem}_codeobj.*",
        f"images/**/sphx_glr_{stem}_[0-9][0-9][0-9].*",
        f"images/**/sphx_glr_{stem}_thumb.*",
        f"images/**/sphx_glr_{stem}_card.*",
    ):
        for file in (gallery / section).glob(pattern):
            file.unlink()


def find_resolved(built, now):
    """Return the names of pages whose solutions are others than before, or new, or gone."""
    before, after = built.get("solutions", {}), now["solutions"]
    return {n for n in {*before, *after} if before.get(n) != after.get(n)}


def prune(app, config):
    """Remove what was built from something else, or of what is not there any more."""
    record = Path(app.outdir).parent / "built-from.json"
    gallery = Path(app.srcdir) / "auto_examples"
    now = find_provenance(app.gallery_settings)
    built = json.loads(record.read_text()) if record.exists() else {}
    deleted = set(built.get("pages", [])) - set(now["pages"])
    if built.get("run") != now["run"]:
        remove(gallery)
    for page in deleted:
        remove_page(gallery, page)
    for name in find_resolved(built, now):
        (gallery / f"{name}.py.md5").unlink(missing_ok=True)
    same = {name: now[name] for name in ("pages", "solutions")}
    if deleted or {**built, **same} != now:
        remove(app.outdir, app.doctreedir)
        Path(app.doctreedir).mkdir(parents=True)
    record.write_text(json.dumps(now, indent=1))


def checksum_of(app, page):
    """The file in which Sphinx-Gallery notes that a page passed as it is."""
    return Path(app.srcdir) / f"auto_examples/{page.parent.name}/{page.name}.md5"


def forget_passing(app):
    """Let pages that failed run again, even if they become what once passed."""
    for failed in map(Path, app.config.sphinx_gallery_conf["failing_examples"]):
        checksum_of(app, failed).unlink(missing_ok=True)


def forget_failing(app, config):
    """Remove the cards and thumbnails of pages that will run again.

    The thumbnail of a failure is a PNG file, which would be preferred to that of the
    figure; and a page that has no figure any more has no card.
    """
    for page in find_pages():
        checksum = checksum_of(app, page)
        if not checksum.exists():
            name = f"sphx_glr_{page.stem}"
            folder = checksum.parent / "images"
            for picture in (
                *folder.glob(f"thumb/{name}_thumb.*"),
                *folder.glob(f"cards/{name}_card.*"),
            ):
                picture.unlink()
                (Path(app.outdir) / "_images" / picture.name).unlink(missing_ok=True)


def load_thumbnails_late(app, pagename, templatename, context, doctree):
    """Let a browser load the thumbnails that come into view, not all of them."""
    thumbnail = r"<img (?=[^>]*_thumb\.)"
    context["body"] = re.sub(thumbnail, '<img loading="lazy" ', context.get("body", ""))


def setup(app):
    app.connect("config-inited", note_settings, priority=stages.NOTE_SETTINGS)
    app.connect("config-inited", prune, priority=stages.REMOVE_OUTDATED)
    app.connect("config-inited", forget_failing, priority=stages.REMOVE_THUMBNAILS)
    app.connect("builder-inited", forget_passing, priority=stages.TELL_OF_PAGES)
    app.connect("html-page-context", load_thumbnails_late, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
