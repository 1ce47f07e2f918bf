"""Compiling in haste makes what numba makes, and leaves nothing changed behind."""

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drivesynth_kernels import jit
from drivesynth_kernels.compiling import in_haste
from drivesynth_kernels.jit import OPTIONS, kernel, step
from numba import config, njit
from numba.core import event
from numba.core.codegen import CPUCodeLibrary
from numba.core.errors import TypingError
from numba.core.types import Float, Integer
from numba.core.types.functions import BaseFunction
from numba.extending import overload

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled")


@pytest.fixture(autouse=True)
def nothing_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another run has compiled is not found."""
    monkeypatch.setattr(jit, "_FOLDER", tmp_path)


def test_what_is_compiled_in_haste_counts_and_collects_as_before() -> None:
    before = BaseFunction.get_call_type, event.start_event, event.end_event
    with event.install_recorder("numba:llvm_lock") as heard:
        with in_haste():
            assert not gc.isenabled() and BaseFunction.get_call_type is not before[0]
            with in_haste():
                assert not gc.isenabled()
            assert not gc.isenabled(), "a kernel that another one calls must not end the haste"
            event.start_event("numba:llvm_lock")
            assert not heard.buffer
        event.start_event("numba:llvm_lock")
        assert len(heard.buffer) == 1
    assert gc.isenabled() and before == (BaseFunction.get_call_type, event.start_event, event.end_event)


def test_a_kernel_that_cannot_be_compiled_leaves_nothing_changed() -> None:
    @kernel
    def wrong(x: Any) -> Any:
        return x.nothing_of_this_name

    ask = BaseFunction.get_call_type
    with pytest.raises(TypingError, match="nothing_of_this_name"):
        wrong(1.0)
    assert gc.isenabled() and BaseFunction.get_call_type is ask


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with in_haste():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_call_that_was_asked_before_is_answered_for_its_own_types() -> None:
    def mixed(whole: Any, real: Any, pair: Any, row: Any) -> Any:
        # Sums, quotients and look-ups of every kind twice over, so that the second time is from memory.
        a = whole + whole + (whole + real) + (real + real) + (real + whole)
        b = whole / 4 + real / 4 + whole // 4 + whole % 4 + min(whole, 3) + min(real, whole) + max(3, whole)
        c = pair[0] + pair[1] + row[0] + row[whole] + row[-1] + abs(whole) + abs(real) + np.sqrt(real)
        return a + b + c + (whole << 2) + (whole << whole) + np.sqrt(whole) + np.float32(real) + row.shape[0]

    plain, ours = njit(**OPTIONS)(mixed), kernel(mixed)
    for real in (np.float32(0.3), 0.3):
        for row in (np.arange(9, dtype=np.float32), np.arange(9), np.arange(18.0)[::2]):
            arguments = (5, real, (7, np.float32(2.5)), row)
            assert ours(*arguments) == plain(*arguments), "bit for bit"


def test_what_is_taught_later_is_known() -> None:
    def named(x: Any) -> str:
        raise AssertionError("for kernels alone")

    @overload(named)
    def of_integers(x: Any) -> Any:
        def answer(x: Any) -> int:
            return 10

        return answer if isinstance(x, Integer) else None

    def ask(x: Any) -> Any:
        return named(x)

    asked = kernel(ask)
    assert asked(1) == 10
    with pytest.raises(TypingError):
        asked(1.0)

    @overload(named)
    def of_floats(x: Any) -> Any:
        def answer(x: Any) -> int:
            return 20

        return answer if isinstance(x, Float) else None

    # Numba itself remembers what failed: the same words once more, as another kernel.
    again = kernel(lambda x: named(x))
    assert again(1) == 10 and again(1.0) == 20


def test_a_step_is_linked_and_not_made_machine_code_of(monkeypatch: pytest.MonkeyPatch) -> None:
    optimise, optimised = CPUCodeLibrary._optimize_final_module, []

    def noted(library: Any) -> None:
        optimised.append(library.name)
        optimise(library)

    monkeypatch.setattr(CPUCodeLibrary, "_optimize_final_module", noted)

    @step
    def thrice(x: Any) -> Any:
        return 3 * x

    @kernel
    def nine_times(x: Any) -> Any:
        return thrice(thrice(x))

    assert nine_times(2) == 18
    ((compiled,), (whole,)) = (f.overloads.values() for f in (thrice, nine_times))  # type: ignore[attr-defined]
    engine = whole.library.codegen._engine
    assert engine.is_symbol_defined(whole.fndesc.mangled_name)
    assert not engine.is_symbol_defined(compiled.fndesc.mangled_name)
    assert optimised == [whole.library.name]
