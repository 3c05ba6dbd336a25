"""Kernels whose text is written by the program: for one shape of a convolution, for one chain of operations.

Numba keeps compiled code on disk only for functions that stand in a file, and finds their module by its name. So the
text goes into a file named by its own digest, in Numba's cache folder, and the module made of it into `sys.modules`.
A text that was loaded before is not written again, and what was compiled of it is found on disk by every later process.
"""

from __future__ import annotations

import functools
import hashlib
import linecache
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy

from minigrad_kernels.cpu import compile as compiling


@functools.cache
def load(name: str, source: str) -> ModuleType:
    """The module made of the text `source`; `name` says, to a reader of a profile, what it is for.

    Where no folder can be written to, the module is made in memory: its functions compile and run, and are compiled
    again in the next process (of which `compile.py` warns once).
    """
    full_name = f"minigrad_generated.{name}_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    file = _write(full_name, source)
    if file is None:  # tracebacks and `inspect.getsource` still find the text
        file = f"<{full_name}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = ModuleType(full_name, f"Written by minigrad: {name}.")
    module.__file__ = file
    sys.modules[full_name] = module
    exec(compile(source, file, "exec"), module.__dict__)
    return module


def compiled(name: str, source: str, dtype: numpy.dtype) -> Callable | None:
    """The loop `name` of the text `source`, compiled for a dtype; None without Numba."""
    try:
        with compiling.announced("loading Numba (once in each process)", after=3.0):
            module = load(name, source)
            compiling._ready_the_compiler()
    except ImportError:
        return None
    return compiling.compile_loop(getattr(module, name), name, dtype)


def _write(full_name: str, source: str) -> str | None:
    """The file with that text, written if it is not there; None where that cannot be."""
    cache = compiling._cache(load.__wrapped__)  # the folder in which Numba keeps what it compiles of this very file
    if cache is None:
        return None
    folder = Path(cache.cache_path) / "generated"
    file = folder / f"{full_name}.py"
    try:
        if not file.exists():
            folder.mkdir(exist_ok=True)
            descriptor, unfinished = tempfile.mkstemp(dir=folder, suffix=".unfinished")
            try:
                with open(descriptor, "w", encoding="utf-8") as out:
                    out.write(source)
                os.replace(unfinished, file)  # whole or not at all, whichever process is first
            finally:
                Path(unfinished).unlink(missing_ok=True)  # a full disk leaves none behind
    except OSError as error:
        compiling._warn_once(str(error))
        return None
    return str(file)
