"""Put the built site on the branch gh-pages of a git remote, as its only commit.

    python publish.py REMOTE

REMOTE is the name, address or path of a git repository. The site is the one that
the last "make html" built in docs/_build/html, and names its commit. Exits with 1 and
says why when that build failed or was made from uncommitted changes, when a newer site
is published already, or when somebody publishes at the same time.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SITE = ROOT / "docs/_build/html"
BRANCH = "refs/heads/gh-pages"
TRAILER = "Source-Commit"
AUTHOR = {"NAME": "Keras by hand", "EMAIL": "keras-by-hand@users.noreply.github.com"}


def git(*arguments, check=True, hint="", **environment):
    """Run git in the repository; return what it printed.

    Where it fails, return None, or with ``check`` stop with the hint and what git said.
    """
    run = subprocess.run(
        ["git", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if run.returncode and check:
        sys.exit(f"Not published. {hint}Git says: {run.stderr.strip()}")
    return run.stdout.strip() if run.returncode == 0 else None


def find_source():
    """Return the commit that the site was built from."""
    record = SITE / ".source-commit"
    if not record.exists():
        sys.exit("There is no finished site to publish. Build one with: make html")
    commit = record.read_text().strip()
    if (
        git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", check=False)
        is None
    ):
        sys.exit(
            f"The site was built from {commit}. Commit your changes, then: make html"
        )
    return commit


def find_published(remote):
    """Return the commit on gh-pages, and the one that its site was built from.

    Both are "" where nothing is published; the second is "" where it does not say.
    """
    if not git("ls-remote", remote, BRANCH):
        return "", ""
    git("fetch", "--quiet", remote, BRANCH)
    published = git("rev-parse", "FETCH_HEAD")
    trailer = f"--format=%(trailers:key={TRAILER},valueonly)"
    return published, git("log", "-1", trailer, published)


def refuse_older(source, published_source):
    """Stop unless the site that is published was built from source or its history."""
    ancestor = ("merge-base", "--is-ancestor", published_source, source)
    if published_source and git(*ancestor, check=False) is None:
        sys.exit(
            f"Not published. The published site was built from {published_source}, "
            f"which is not in the history of {source}: yours is older, or of another "
            "branch. If yours is the right one, delete the branch gh-pages first."
        )


def commit_site(source):
    """Store the site as a commit without parents; return its name."""
    date = git("log", "-1", "--format=%cI", source)
    author = {
        f"GIT_{role}_{name}": value
        for role in ("AUTHOR", "COMMITTER")
        for name, value in {**AUTHOR, "DATE": date}.items()
    }
    (SITE / ".nojekyll").touch()  # else GitHub Pages drops folders such as _static
    place = ("-C", SITE, f"--git-dir={git('rev-parse', '--absolute-git-dir')}")
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        files = (".", ":!.buildinfo*")  # all but Sphinx' own notes
        git(*place, f"--work-tree={SITE}", "add", "--all", "--force", *files, **index)
        tree = git("write-tree", **index)
    message = f"The site, built from {source}\n\n{TRAILER}: {source}"
    return git("commit-tree", tree, "-m", message, **author)


def publish(remote):
    source = find_source()
    published, published_source = find_published(remote)
    refuse_older(source, published_source)
    site = commit_site(source)
    # The lease: whoever publishes between our look at the branch and now, wins.
    lease = f"--force-with-lease={BRANCH}:{published}"
    lost = "Perhaps somebody else published meanwhile: fetch, build and try again. "
    git("push", "--quiet", lease, remote, f"{site}:{BRANCH}", hint=lost)
    print(f"Published the site of {source} as {site}")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    publish(sys.argv[1])
