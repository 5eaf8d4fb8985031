"""Releases of Keras: which there are, and Keras alone, installed into a folder."""

import os
import re
import shutil
import subprocess
import sys

from gallery.paths import DOCS
from gallery.versions import day_of

FOLDER = DOCS / "_build" / "versions"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


class NoRelease(Exception):
    """What was asked for cannot be had."""


def pip(*arguments):
    """Run pip; return what it prints. Raises NoRelease with what it says to that."""
    done = subprocess.run([*PIP, *arguments], capture_output=True, text=True)
    if done.returncode:
        says = done.stderr.strip().splitlines()[-1]
        raise NoRelease(f"pip {arguments[0]}, {says.removeprefix('ERROR: ')}")
    return done.stdout


def package_of(version):
    return "keras-nightly" if ".dev" in version else "keras"


def find_versions(package):
    """Return all versions of a package; nightlies from the oldest day to the newest."""
    said = pip("index", "versions", package, "--pre")
    versions = re.search(r"^Available versions: (.*)", said, re.M)[1].split(", ")
    if package == "keras":
        return [v for v in versions[::-1] if re.fullmatch(r"[\d.]+", v)]
    return sorted(
        (v for v in versions if day_of(v)), key=lambda v: v.partition("dev")[2]
    )


def resolve(word):
    """The version that "nightly" is, or "newest", which is the newest release. Raises
    NoRelease for what cannot be one."""
    if word in ("nightly", "newest"):
        return find_versions("keras-nightly" if word == "nightly" else "keras")[-1]
    if not re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", word):
        raise NoRelease(
            f'A version is "nightly", "newest", or such as 3.14.1, not {word}'
        )
    return word


def install(version, folder=FOLDER):
    """Install Keras alone, without what it needs, into a folder; return that. It takes a
    second; TensorFlow and NumPy stay those of this environment."""
    target = folder / version
    if not target.exists():
        partial = folder / f"{version}.partial.{os.getpid()}"
        options = ("--quiet", "--no-deps", "--no-compile", "--target", partial)
        pip("install", *options, f"{package_of(version)}=={version}")
        shutil.move(partial, target)  # so that what is there is whole
    return target
