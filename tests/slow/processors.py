"""The pages on other processors, and with other settings of the libraries:
``make test-processors``.

TensorFlow, oneDNN, OpenBLAS and NumPy choose their code by what the processor can do,
and each code rounds in its own way. An x86 processor can stand for those that can less:
in copies of these libraries, CPUID, the instruction that asks, is replaced by one that
Linux refuses, and cpuid.c answers. What a setting has to change is looked up in the
process that runs the pages, so that no setting passes without an effect. What this
machine cannot stand for is skipped, with the reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from project import PAGES, ROOT

LEVELS = {  # by the flag in /proc/cpuinfo, what oneDNN takes the processor for
    "avx": "Intel AVX",
    "avx2": "Intel AVX2",
    "avx512f": "Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions",
    "avx512_vnni": "Intel AVX-512 with Intel DL Boost",
    "avx512_bf16": "Intel AVX-512 with Intel DL Boost and bfloat16 support",
    "avx512_fp16": "Intel AVX-512 with float16, Intel DL Boost and bfloat16 support",
}
SETTINGS = {  # a flag that it needs, the variables, and what they have to change
    "as it is": (None, {}, {}),
    "one thread": (
        None,
        {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"},
        {"threads": 1, "OpenBLAS' threads": 1},
    ),
    "eight threads": (None, {"TF_NUM_INTRAOP_THREADS": "8"}, {"threads": 8}),
    "oneDNN off": (None, {"TF_ENABLE_ONEDNN_OPTS": "0"}, {"oneDNN runs layers": False}),
    "OpenBLAS Haswell": (
        "avx2",
        {"OPENBLAS_CORETYPE": "Haswell"},
        {"OpenBLAS": "Haswell"},
    ),
    "OpenBLAS Nehalem": (
        "sse4_2",
        {"OPENBLAS_CORETYPE": "Nehalem"},
        {"OpenBLAS": "Nehalem"},
    ),
    "NumPy without AVX-512": (
        "avx512f",
        {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
        {"NumPy": "X86_V3"},
    ),
} | {
    f"up to {level}": (level, {"CPUID_LEVEL": level}, {"oneDNN": name})
    for level, name in LEVELS.items()
}
CPUINFO = Path("/proc/cpuinfo")
FLAGS = CPUINFO.read_text().split() if CPUINFO.exists() else []
CORES = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
CHOSEN = ("DNNL", "MKL", "NPY", "OMP", "ONEDNN", "OPENBLAS", "TF_", "XLA")
PLAIN = {name: os.environ[name] for name in os.environ if not name.startswith(CHOSEN)}
CPUID, REFUSED = b"\x0f\xa2", b"\xcd\xa2"  # the second is INT 0xA2
ASKING = [  # the libraries that choose by CPUID
    "numpy/_core/_multiarray_umath.*.so",
    "numpy.libs/*openblas*.so",
    "scipy.libs/*openblas*.so",
    "tensorflow/libtensorflow_*.so.*",
]


def run(folder, variables, pages):
    """Run pages, on all cores; return what the libraries found, and what failed."""
    alone, libraries = ROOT / "tests/alone.py", ROOT / "tests/slow/libraries.py"
    done = subprocess.run(
        [sys.executable, "-P", alone, str(CORES), libraries, *pages],
        cwd=folder,
        env={**PLAIN, "MPLBACKEND": "agg", "TF_CPP_MIN_LOG_LEVEL": "3", **variables},
        capture_output=True,
        text=True,
    )
    failures = re.findall(r"^/.* fails \(.*\n(?:  .*\n)*", done.stderr, re.M)
    found = folder / "libraries.json"
    if not found.exists() or bool(failures) != bool(done.returncode):
        said = f"alone.py ended with {done.returncode}:\n{done.stderr}"
        pytest.fail(said, pytrace=False)
    return json.loads(found.read_text()), failures


@pytest.fixture(scope="session")
def usual(tmp_path_factory):
    """What the libraries find on this machine as it is."""
    return run(tmp_path_factory.mktemp("usual"), {}, [])[0]


def places_of_cpuid(library):
    """Where in the file of a library CPUID stands."""
    script = """
    objdump --headers --section=.text "$0"
    objdump --disassemble --no-show-raw-insn --section=.text "$0" | grep -w cpuid
    """
    said = subprocess.check_output(
        ["sh", "-c", script, library], env={**os.environ, "LC_ALL": "C"}, text=True
    )
    start, offset = re.search(r"\.text +\w+ +(\w+) +\w+ +(\w+)", said).groups()
    shift = int(offset, 16) - int(start, 16)
    return [int(at, 16) + shift for at in re.findall(r"(\w+):\s+cpuid\b", said)]


@pytest.fixture(scope="session")
def answered():
    """Variables under which Python takes copies of the libraries whose CPUID fails, and
    cpuid.c to answer for it."""
    for tool in ("cc", "objdump"):
        if not shutil.which(tool):
            pytest.skip(f"no {tool} here (on Debian and Ubuntu: apt-get install gcc)")
    with tempfile.TemporaryDirectory() as folder:
        packages, cpuid = Path(folder, "packages"), Path(folder, "cpuid.so")
        source = ROOT / "tests/slow/cpuid.c"
        subprocess.check_call(["cc", "-shared", "-fPIC", "-O1", source, "-o", cpuid])
        installed = sysconfig.get_path("platlib")
        shutil.copytree(installed, packages, copy_function=os.symlink)
        for library in [path for name in ASKING for path in packages.glob(name)]:
            code = bytearray(library.read_bytes())
            for place in places_of_cpuid(library):
                assert code[place : place + 2] == CPUID
                code[place : place + 2] = REFUSED
            library.unlink()  # which was a link
            library.write_bytes(code)
        yield {"PYTHONPATH": str(packages), "LD_PRELOAD": str(cpuid)}


@pytest.mark.parametrize("name", SETTINGS)
def test_pages_pass(name, usual, request, tmp_path):
    flag, variables, expected = SETTINGS[name]
    if flag and flag not in FLAGS:
        pytest.skip(f"this processor has no {flag}")
    if "threads" in expected:  # TensorFlow has one for each core, if not told
        threads = usual["threads"] - CORES + expected["threads"]
        expected = {**expected, "threads": threads}
    if expected and expected.items() <= usual.items():
        pytest.skip("this machine is so already")
    if "CPUID_LEVEL" in variables:
        variables = {**request.getfixturevalue("answered"), **variables}
    found, failures = run(tmp_path, variables, PAGES)
    print(found)
    if found != {**found, **expected}:
        pytest.fail(f"No effect: {expected} expected", pytrace=False)
    print(f"{len(PAGES) - len(failures)} of {len(PAGES)} pages pass")
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)
