"""How numba compiles kernels here: what it makes is the same, in about half of the time.

A first start on a machine is mostly compiling, and most of that is numba's own Python. Six habits of
it cost much and bring nothing here:

    its collector walks all that a compiler keeps, again and again
    every `a + b` is looked up among dozens of templates, though the same types were asked a moment before
    passes for closures, `with`, array expressions and inlined library code run over kernels that have none
    a step becomes machine code of its own, though only kernels that hold a copy of it ever run it
    a step that calls steps is optimised with its copies of them, and all of it again in who calls it
    every call into LLVM is announced to listeners, a hundred thousand times, and nobody listens

Measured on all that a sweep of the LiDAR needs: 46 s of CPU to 26 by the first four, and on a frame of
camera and LiDAR 51 s to 41 by the last two; frames take the same time as before.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba import _dynfunc
from numba.core import event, typed_passes, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.targetconfig import ConfigStack
from numba.core.types.functions import BaseFunction

# In numba's own order. Kernels have no closures, no `with`, no comprehensions and no arithmetic of whole arrays.
_TO_TYPES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    untyped_passes.IRProcessing,
    untyped_passes.RewriteSemanticConstants,
    untyped_passes.DeadBranchPrune,  # a part that is left out is given as None
    untyped_passes.GenericRewrites,
    untyped_passes.ReconstructSSA,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.NoPythonSupportedFeatureValidation,
    typed_passes.IRLegalization,
    typed_passes.AnnotateTypes,
)


class _LinkedLibrary(JITCodeLibrary):
    """The code of a step: linked into kernels and optimised there, never run from where it stands."""

    def _optimize_final_module(self) -> None:
        pass  # its functions were simplified one by one, which keeps small what is copied

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _StepLowering(typed_passes.NativeLowering):
    """Lowering without machine code."""

    _name = "step_lowering"

    def run_pass(self, state: Any) -> bool:
        state.library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
        state.library.__class__ = _LinkedLibrary
        state.library.enable_object_caching()
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state.cr
        # Numba knows what it has compiled by what Python would call: here a door to nowhere.
        description = lowered.fndesc
        door = _dynfunc.make_function(
            description.lookup_module(), description.qualname, "a step", 0, lowered.env, (state.library,)
        )
        state.targetctx.insert_user_function(door, description, [state.library])
        state.cr = lowered._replace(cfunc=door)
        return True


class _Compiler(CompilerBase):
    """The passes that kernels need."""

    lowering = typed_passes.NativeLowering

    def define_pipelines(self) -> list[PassManager]:
        passes = PassManager("kernel")
        for step in (*_TO_TYPES, self.lowering, typed_passes.NoPythonBackend):
            passes.add_pass(step, step._name)
        passes.finalize()
        return [passes]


class KernelCompiler(_Compiler):
    """For functions that Python calls."""


class StepCompiler(_Compiler):
    """For functions that only kernels call."""

    lowering = _StepLowering


@contextmanager
def in_haste() -> Iterator[None]:
    """Compile without collecting garbage, announcing each step, or asking twice for the types of the same call.

    The compiler's lock must be held: all three are of the whole process. Nothing is changed once it is left.
    """
    ask, collects = BaseFunction.get_call_type, gc.isenabled()
    announced = event.start_event, event.end_event
    gc.disable()
    event.start_event = event.end_event = _nobody_listens
    BaseFunction.get_call_type = _remembering(ask) if ask.__name__ != "remembered" else ask
    try:
        yield
    finally:
        BaseFunction.get_call_type = ask
        event.start_event, event.end_event = announced
        if collects:
            gc.enable()


def _nobody_listens(*_: Any, **__: Any) -> None:
    """In place of the start and the end of an event."""


# (function, context, types of the arguments, compile options) -> signature, key of its implementation
_ANSWERS: dict[Any, Any] = {}


def _remembering(ask: Any) -> Any:
    def remembered(function: Any, context: Any, arguments: Any, keywords: Any) -> Any:
        flags = ConfigStack.top_or_none()
        options = None if flags is None else frozenset((name, str(v)) for name, v in flags._values.items())
        # The function stands for its templates too: with one more of them it is another.
        call = (function, context, tuple(arguments), tuple(keywords.items()), options)
        if call not in _ANSWERS:
            signature = ask(function, context, arguments, keywords)
            _ANSWERS[call] = signature, function.get_impl_key(signature)
        signature, function._impl_keys[signature.args] = _ANSWERS[call]
        return signature

    return remembered
