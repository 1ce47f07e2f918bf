"""The one place that decides how a kernel is compiled and where its machine code is kept.

Numba's disk cache watches only the file a function is written in: edit a helper in another file, or
upgrade the wheel, and every cached caller goes on running the old helper. So the cache folder is
named after a digest of all kernel sources, numba, the CPU and the compile options; a change anywhere
starts afresh. Any number of processes may fill it at once.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding
import numba
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys
from numba.core.types import unliteral

from drivesynth_kernels import folders
from drivesynth_kernels.compiling import KernelCompiler, StepCompiler, in_haste

F = TypeVar("F", bound=Callable[..., Any])

# No fastmath: it may assume that there is no NaN and no infinity, and a miss is an infinity. No door for
# C callers: nobody comes through it, and it is a third of what there is to compile.
OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy", "no_cfunc_wrapper": True}
_INNER: dict[str, Any] = {"_nrt": False, "no_cpython_wrapper": True, "pipeline_class": StepCompiler}


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    machine = (numba.__version__, llvmlite.binding.get_host_cpu_name(), sorted(OPTIONS.items()))
    digest.update(repr(machine).encode())
    return digest.hexdigest()[:12]


_FOLDER = folders.root() / f"kernels-{_digest()}"


def kernel(function: F) -> F:
    """Compile for one thread, without the GIL, on first call; keep the machine code on disk."""
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(_FOLDER)
    try:
        compiled: Any = numba.njit(cache=True, pipeline_class=KernelCompiler, **OPTIONS)(function)
    finally:
        config.CACHE_DIR = before
    if hasattr(compiled, "_cache"):  # absent with NUMBA_DISABLE_JIT=1
        _share_politely(compiled._cache)
        _load_lightly(compiled._cache)
        _compile_in_one_process(compiled)
    return _for_any_integer(compiled)  # type: ignore[no-any-return]


def step(function: F) -> F:
    """A part of kernels: compiled with each kernel that calls it, so nothing of it is kept on its own.

    A step borrows its arrays and allocates none: without `_nrt` no instruction counts references, which
    from several threads costs more than the work. It has no door from Python either: unpacking its tuples
    there would cost more to compile than the step itself. A test calls it through a kernel.
    """
    return _without_door(_for_any_integer(numba.njit(**_INNER, **OPTIONS)(function)))


def inlined(function: F) -> F:
    """A step without a call: for the innermost ones, where a call would show."""
    return _without_door(_for_any_integer(numba.njit(forceinline=True, **_INNER, **OPTIONS)(function)))


class _Step(CPUDispatcher):  # type: ignore[misc]
    """What only kernels can call."""

    def __call__(self, *_: Any, **__: Any) -> None:
        raise TypeError(f"{self.py_func.__qualname__} is a step: call a kernel that calls it")


def _without_door(dispatcher: Any) -> Any:
    """Refuse a call from Python, which would jump to where no code is."""
    if isinstance(dispatcher, CPUDispatcher):  # a plain function with NUMBA_DISABLE_JIT=1
        dispatcher.__class__ = _Step
    return dispatcher


def _for_any_integer(dispatcher: Any) -> Any:
    """Where other kernels call it with constants, compile it once for integers and not for each constant."""
    if hasattr(dispatcher, "get_call_template"):  # absent with NUMBA_DISABLE_JIT=1
        template = dispatcher.get_call_template

        def plain(arguments: Any, keywords: Any) -> Any:
            named = {name: unliteral(kind) for name, kind in keywords.items()}
            return template(tuple(unliteral(kind) for kind in arguments), named)

        dispatcher.get_call_template = plain
    return dispatcher


def _share_politely(cache: Any) -> None:
    """Let one process at a time add to a kernel's index, and let a full disk cost only time.

    Numba replaces files whole but reads, extends and writes the index without a lock: two processes
    that add different signatures at once could swap their machine code.
    """
    save = cache.save_overload

    def save_alone(signature: Any, data: Any) -> None:
        with suppress(OSError), _lock("lock"):
            save(signature, data)

    cache.save_overload = save_alone


def _load_lightly(cache: Any) -> None:
    """Load machine code without what only compiling needs.

    Numba imports all that it can compile, from linear algebra to dictionaries, before it looks at its
    files: 0.3 s of a start which finds everything there. Machine code needs only the runtime that
    allocates scratch; a compiler that does start asks for the rest itself.
    """

    def load(signature: Any, target: Any) -> Any:
        rtsys.initialize(target)
        return cache._load_overload(signature, target)

    cache.load_overload = load


def _compile_in_one_process(dispatcher: Any) -> None:
    """Where another process is compiling the same kernel, wait for its machine code instead of making it again.

    The compiler's own lock comes first: a thread that held the file and waited for the compiler would wait
    for a thread that compiles and waits for the file. The system frees the file of a process that dies.
    """
    compile_or_load = dispatcher.compile
    name = f"{dispatcher.py_func.__module__}.{dispatcher.py_func.__qualname__}"

    def compile_once(signature: Any) -> Any:
        digest = hashlib.sha256(repr((name, signature)).encode()).hexdigest()[:16]
        with global_compiler_lock, _lock(f"{digest}.lock"), in_haste():
            return compile_or_load(signature)

    dispatcher.compile = compile_once


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """Hold a file of the cache folder alone; without it where the system or the folder has no locks."""
    with ExitStack() as held:
        with suppress(ImportError, OSError):  # not a POSIX system, a full disk: numba's own care has to do
            import fcntl

            _FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = held.enter_context(open(_FOLDER / name, "w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cache_folder() -> Path:
    """Where the machine code of these kernels is kept."""
    return _FOLDER
