"""When Numba compiles: a loop is compiled for a dtype the first time it is asked for, and kept on disk.

Importing this module imports no Numba. Without Numba every loop is `None`, and its caller stays with NumPy.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib
import itertools
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy

DTYPES = (numpy.dtype("float32"), numpy.dtype("float64"))


class Loop(dict):
    """The loop `name` of the module `minigrad_kernels.cpu.<module>`, by dtype: `loop[x.dtype](x, z)`.

    A missing key compiles it, or loads it from the disk. The value is `None` for a dtype that has no compiled
    form (integers, float16, foreign byte orders) and where Numba is not installed.
    """

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name

    def __missing__(self, dtype: numpy.dtype) -> Callable | None:
        self[dtype] = compiled = self._compile(dtype) if dtype in DTYPES else None
        return compiled

    def _compile(self, dtype: numpy.dtype) -> Callable | None:
        try:
            with announced("loading Numba (once in each process)", after=3.0):
                functions = importlib.import_module(f"minigrad_kernels.cpu.{self.module}").LOOPS
                _ready_the_compiler()
        except ImportError:
            return None
        return compile_loop(functions[self.name], self.name, dtype)


def loop(signature: str) -> Callable[[Callable], Callable]:
    """Declare what a loop takes, T being the dtype: `@loop("void(T[::1], T[::1])")`. Compiles nothing yet."""

    def declare(function: Callable) -> Callable:
        function.signature = signature  # type: ignore[attr-defined]
        return function

    return declare


def compile_loop(function: Any, name: str, dtype: numpy.dtype, *, apart: bool = False) -> Callable:
    """Compile `function` for `dtype`, or load it from the disk if it was compiled before.

    Args:
        apart: whether its arrays never share memory. Then what is written cannot change what is read, which otherwise
            is asked at each row: short rows take half the time.

    "contract" fuses a multiplication with an addition; NaN and infinity keep their meaning (`fastmath=True`
    would drop it). Nothing compiles later by surprise: a call with another dtype is a TypeError.
    """
    import numba

    # Several loops come out of one text (`map.lift`): the name tells them apart on disk and in a profile.
    function.__name__ = function.__qualname__ = name
    dispatcher = numba.njit(fastmath={"contract"}, error_model="numpy", nogil=True)(function)
    if apart:
        _take_as_apart(dispatcher)
    cache = _cache(function)
    if cache is not None:
        dispatcher._cache = cache
    place = f"once; cached in {cache.cache_path}" if cache is not None else "not cached"
    signature = function.signature.replace("T", dtype.name)
    with announced(f"compiling {name} for {dtype} ({place})"), _symbols_of(f"{function.__module__}.{name} {signature}"):
        dispatcher.compile(signature)
    dispatcher.disable_compile()
    return dispatcher


@contextlib.contextmanager
def _symbols_of(loop: str) -> Iterator[None]:
    """Give what is compiled here symbols that only this loop has, in whichever process it is compiled.

    Numba tells functions of the same name apart by a count, which begins at 1 in each process. So two loops that were
    compiled in different processes, and kept on disk, may hold different inner functions under the same symbol. A
    process that loads both would get one of the two for both: a maximum that sums. Here the count begins at a number
    that the loop's own name gives.
    """
    from numba.core.bytecode import FunctionIdentity
    from numba.core.compiler_lock import global_compiler_lock

    with global_compiler_lock:
        counted = FunctionIdentity._unique_ids
        start = int.from_bytes(hashlib.sha256(loop.encode()).digest()[:6], "big")
        FunctionIdentity._unique_ids = itertools.count(start)
        try:
            yield
        finally:
            FunctionIdentity._unique_ids = counted


def _take_as_apart(dispatcher: Any) -> None:
    """Mark the arrays of what will be compiled as `noalias`. Numba has the flag, and no option of `njit` for it."""
    compiler = dispatcher._compiler
    customize = getattr(compiler, "_customize_flags", None)
    if customize is None:  # another version of Numba: slower, and as right
        return

    def with_flag(flags: Any) -> Any:
        flags = customize(flags)
        flags.noalias = True
        return flags

    compiler._customize_flags = with_flag


@functools.cache
def _ready_the_compiler() -> None:
    """Numba prepares its compiler at its first use, in half a second, even where all it does is load from the disk.

    Done here, it is not taken for the compilation of whichever loop comes first.
    """
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


@contextlib.contextmanager
def announced(text: str, after: float = 2.0) -> Iterator[None]:
    """Say on stderr what is being waited for, if it takes longer than `after` seconds.

    Nothing is said where the environment has MINIGRAD_QUIET: where what a program prints is compared or graded.
    """
    if os.environ.get("MINIGRAD_QUIET"):
        yield
        return
    timer = threading.Timer(after, lambda: print(f"minigrad: {text}", file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@functools.cache
def _sources(module: str) -> str:
    """A digest of all that the loops of `module` may be compiled from: its own file and those that it imports from
    here, directly or not."""
    waiting, texts = [module], {}
    while waiting:
        name = waiting.pop()
        if name in texts or name not in sys.modules:  # imported from a module, and not one itself
            continue
        texts[name] = Path(sys.modules[name].__file__ or "").read_bytes()
        for node in ast.walk(ast.parse(texts[name])):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("minigrad_kernels"):
                waiting += [node.module or "", *(f"{node.module}.{part.name}" for part in node.names)]
    return hashlib.sha256(b"".join(text for _, text in sorted(texts.items()))).hexdigest()


@functools.cache
def keyed_by_sources(numbas: type) -> type:
    """One of Numba's classes of caches on disk, with another key."""

    class Cache(numbas):
        """Numba's cache on disk, keyed by the text of all that a loop is compiled from.

        Numba looks only at the file of the function itself, and would go on using a loop whose scalar
        function has changed since. It also takes a lifted function for a new one in each process.
        """

        def _index_key(self, sig, codegen):
            modules = self._py_func.__module__, *getattr(self._py_func, "lifted_from", ())
            return sig, codegen.magic_tuple(), self._py_func.__name__, *map(_sources, modules)

        def load_overload(self, sig, target_context):
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # unpickling what was cut short or damaged may raise anything
                with contextlib.suppress(OSError):
                    self.flush()  # begin a new index: the next `save_overload` would read the old one
                return None

        def save_overload(self, sig, data):
            try:
                super().save_overload(sig, data)
            except OSError as error:
                _warn_once(str(error))

    return Cache


def _cache_class() -> type:
    from numba.core.caching import FunctionCache

    return keyed_by_sources(FunctionCache)


def _cache(function: Callable, kind: type | None = None) -> Any:
    """The place on disk: NUMBA_CACHE_DIR, or beside the source, or the user's cache folder; or None."""
    try:
        return (kind or _cache_class())(function)
    except RuntimeError as error:
        _warn_once(str(error))
        return None


def cache_folder() -> Path | None:
    """Where compiled loops are kept; None where no folder can be written to, or without Numba."""
    try:
        return Path(_cache_class()(loop).cache_path)
    except (ImportError, RuntimeError):
        return None


def _warn_once(reason: str) -> None:
    if _warned:
        return
    _warned.append(reason)
    warnings.warn(
        "Compiled kernels cannot be kept on disk, so each process compiles them again (a second each).\n"
        f"  got:      {reason}\n"
        "  expected: a folder that can be written, with room for some megabytes\n"
        "  try:      make room, or set the environment variable NUMBA_CACHE_DIR to such a folder",
        UserWarning,
        stacklevel=2,
    )


_warned: list[str] = []
