"""`minigrad.show_config()`: what minigrad found on this machine, and what might make it faster.

It is the first thing to look at when a program is slow, and to send along with a question.
"""

from __future__ import annotations

import importlib.util
import os
import platform
from pathlib import Path
from typing import Any

import numpy

from minigrad_kernels import threads
from minigrad_kernels.cpu.compile import cache_folder
from minigrad_kernels.pool import memory_stats

# The instructions that decide how fast a loop can be, widest first.
FEATURES = ("AVX512F", "AVX2", "AVX", "FMA3", "SVE", "NEON", "ASIMD", "VSX")
# Settings of OpenBLAS that machines carry along, and that may choose another kernel than this processor's.
INHERITED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class Config:
    """What `show_config` found: `sections`, each a table of names and values, and `advice`, sentences for the reader."""

    def __init__(self, sections: dict[str, dict[str, str]], advice: list[str]):
        self.sections, self.advice = sections, advice

    def __repr__(self) -> str:
        width = max(len(name) for table in self.sections.values() for name in table)
        lines = []
        for title, table in self.sections.items():
            lines += [title, *(f"  {name:{width}}  {value}" for name, value in table.items())]
        return "\n".join([*lines, *(f"advice: {sentence}" for sentence in self.advice)])

    def _repr_html_(self) -> str:
        from html import escape

        rows = []
        for title, table in self.sections.items():
            rows.append(f'<tr><th colspan="2" scope="colgroup" style="text-align:left">{escape(title)}</th></tr>')
            rows += [
                f'<tr><th scope="row" style="text-align:left;font-weight:normal">{escape(name)}</th>'
                f'<td style="text-align:left">{escape(value)}</td></tr>'
                for name, value in table.items()
            ]
        advice = "".join(f"<p>Advice: {escape(sentence)}</p>" for sentence in self.advice)
        return f"<table>{''.join(rows)}</table>{advice}"


def show_config() -> Config:
    """Versions, processor, BLAS, threads, memory, the cache of compiled kernels, CUDA, and advice where something is slow."""
    advice: list[str] = []
    sections = {
        "versions": versions(),
        "processor": processor(),
        "BLAS, for products of matrices": blas(advice),
        "threads": {
            "minigrad": f"{threads.get_num_threads()}  (minigrad.set_num_threads)",
            "processors": f"{threads.affinity()} for this process" + _quota(),
        },
        "compiled kernels": kernels(advice),
        "memory for large results": memory(),
        "CUDA": cuda(),
    }
    return Config(sections, advice)


def versions() -> dict[str, str]:
    """Of minigrad, Python and the packages that the kernels need."""
    import minigrad

    table = {"minigrad": minigrad.__version__, "Python": f"{platform.python_version()} on {platform.platform()}"}
    return table | {name: _version(name) for name in ("numpy", "numba", "llvmlite", "threadpoolctl")}


def processor() -> dict[str, str]:
    """Its name, and those of its instructions that loops may use."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    known = numpy._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
    found = [name for name in FEATURES if known.get(name)]
    return {
        "name": names[0] if names else platform.processor() or platform.machine(),
        "vector instructions": ", ".join(found) or "none that NumPy knows",
    }


def blas(advice: list[str]) -> dict[str, str]:
    """NumPy's BLAS, the kernel in force and its threads, where threadpoolctl is installed to ask."""
    built = numpy.show_config(mode="dicts") or {}
    table = {"built with": str(built.get("Build Dependencies", {}).get("blas", {}).get("name", "unknown"))}
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        advice.append('pip install "minigrad[numba]" brings threadpoolctl, which sets the threads of BLAS.')
        return table
    for pool in threadpool_info():
        if pool["user_api"] != "blas":
            continue
        kernel, count = pool.get("architecture", "unknown"), pool["num_threads"]
        where = Path(pool["filepath"]).name
        table[where] = f"{pool['internal_api']} {pool['version']}, kernel {kernel}, {count} threads"
        if count > threads.available():
            advice.append(
                f"BLAS uses {count} threads where this program may use {threads.available()} processors: "
                f"minigrad.set_num_threads({threads.available()})"
            )
    for name in INHERITED:
        if name in os.environ:
            advice.append(
                f"The environment sets {name}={os.environ[name]}, instead of what BLAS would choose for this processor: "
                f"products of matrices may take twice as long. Start Python without it: env -u {name} python …"
            )
    return table


def kernels(advice: list[str]) -> dict[str, str]:
    """The backend, and where compiled loops are kept."""
    from minigrad.device import current_backend

    table = {"backend": f"{current_backend()}  (minigrad.backend)"}
    if importlib.util.find_spec("numba") is None:
        advice.append('Without Numba all kernels are NumPy\'s: pip install "minigrad[numba]".')
        return table
    folder = cache_folder()
    if folder is None:
        advice.append(
            "No folder for compiled kernels can be written to, so each process compiles them again: "
            "set NUMBA_CACHE_DIR to a folder that can."
        )
        return table | {"kept in": "no folder that can be written to"}
    files = [file.stat().st_size for file in folder.glob("*.nb[ci]")]
    return table | {"kept in": str(folder), "size": f"{len(files)} files, {_bytes(sum(files))}"}


def memory() -> dict[str, str]:
    """The pool from which large results take their memory."""
    stats = memory_stats()
    return {
        "in use": f"{_bytes(stats['in_use'])}, at most {_bytes(stats['peak'])} so far",
        "kept for new arrays": f"{_bytes(stats['kept'])} of {_bytes(stats['limit'])}  (minigrad.empty_cache)",
    }


def cuda() -> dict[str, str]:
    """The GPU and what compiles for it, or the simulator, or what is missing."""
    from minigrad_kernels.cuda import runtime

    missing = runtime.unavailable()
    gpu = runtime.gpu()
    table: dict[str, str] = {}
    if runtime.simulating():
        table = {"kernels run on": "the simulator: Python, on this computer's memory  (minigrad.cuda.simulate)"}
    elif gpu is not None:
        capability, driver = (".".join(map(str, pair)) for pair in (gpu.capability, gpu.driver))
        table = {"kernels run on": f"{gpu.name}, compute capability {capability}, {_bytes(gpu.memory)}"}
        table["driver"] = f"for CUDA {driver}"
    elif missing is not None:
        first, _, otherwise = (missing.hint or "").partition("; or ")
        table = {"kernels run on": f"nothing. {missing.what}"}
        parts = {"found": missing.got, "needed": missing.expected, "to get it": first, "or": otherwise}
        table |= {name: text for name, text in parts.items() if text}
    return table | runtime.versions()


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _quota() -> str:
    limit: Any = threads.quota()
    return f", processor time for {limit}" if limit < threads.affinity() else ""


def _bytes(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
