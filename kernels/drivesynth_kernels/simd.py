"""Short vectors for kernels: sixteen lanes that numba compiles to the machine's SIMD registers.

Loops that a compiler *may* vectorise make fragile kernels: one alias it cannot rule out and they run
sixteen times slower. These values are LLVM vectors from the start (`<16 x float>`; two or four registers
where the machine's are narrower). Arithmetic and comparisons are per lane, scalars spread over all
lanes, comparisons give masks. As in Pharr and Mark, "ispc: A SPMD Compiler for High-Performance CPU
Programming", 2012, control flow is by masks: `select(mask, new, old)`, `any_lane(mask)`.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, lower_cast, models, register_model


class Vector(types.Type):  # type: ignore[misc]
    """The numba type of a vector: an element type and how many lanes."""

    def __init__(self, element: Any, lanes: int) -> None:
        self.element, self.lanes = element, lanes
        super().__init__(name=f"{element}x{lanes}")

    def can_convert_from(self, typingctx: Any, other: Any) -> Any:
        """Scalars spread over all lanes of a number vector."""
        if isinstance(other, types.Number) and self.element != types.boolean:
            return Conversion.safe
        return None


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, vector: Vector) -> None:
        lane = {types.float32: ir.FloatType(), types.int32: ir.IntType(32), types.boolean: ir.IntType(1)}
        super().__init__(manager, vector, ir.VectorType(lane[vector.element], vector.lanes))


def _mask(vector: Vector) -> Vector:
    return Vector(types.boolean, vector.lanes)


def _spread(builder: Any, value: Any, lanes: int) -> Any:
    vector = ir.VectorType(value.type, lanes)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), zeros)


@lower_cast(types.Number, Vector)  # type: ignore[untyped-decorator]
def _cast_scalar(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return _spread(builder, context.cast(builder, value, fromty, toty.element), toty.lanes)


def _operator(symbol: Any, result: Callable[[Vector], Vector | None], emit: Callable[..., Any]) -> None:
    """Teach numba one binary operator; `result` maps the operands' vector type to the answer's."""

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            vector = next((a for a in args if isinstance(a, Vector)), None)
            if vector is None or not all(a == vector or isinstance(a, types.Number) for a in args):
                return None
            answer = result(vector)
            return None if answer is None else signature(answer, *(vector for _ in args))

    infer_global(symbol)(Template)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return emit(builder, sig.args[0], *args)

    lower_builtin(symbol, *(Vector,) * (emit.__code__.co_argcount - 2))(lower)


def _arithmetic(for_float: str, for_int: str) -> Callable[..., Any]:
    def emit(builder: Any, vector: Vector, a: Any, b: Any) -> Any:
        return getattr(builder, for_float if vector.element == types.float32 else for_int)(a, b)

    return emit


def _comparison(sign: str) -> Callable[..., Any]:
    def emit(builder: Any, vector: Vector, a: Any, b: Any) -> Any:
        if vector.element == types.float32:
            ordered = builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered
            return ordered(sign, a, b)
        return builder.icmp_signed(sign, a, b)

    return emit


def _number(vector: Vector) -> Vector | None:
    return None if vector.element == types.boolean else vector


def _bits_only(vector: Vector) -> Vector | None:
    return None if vector.element == types.float32 else vector


def _answers_mask(vector: Vector) -> Vector | None:
    return None if vector.element == types.boolean else _mask(vector)


def _negate(builder: Any, vector: Vector, a: Any) -> Any:
    return builder.fneg(a) if vector.element == types.float32 else builder.neg(a)


def _invert(builder: Any, vector: Vector, a: Any) -> Any:
    return builder.not_(a)


for _symbol, _float, _int in ((operator.add, "fadd", "add"), (operator.sub, "fsub", "sub"),
                              (operator.mul, "fmul", "mul"), (operator.truediv, "fdiv", "sdiv")):  # fmt: skip
    _operator(_symbol, _number, _arithmetic(_float, _int))
for _symbol, _int in ((operator.and_, "and_"), (operator.or_, "or_"), (operator.xor, "xor")):
    _operator(_symbol, _bits_only, _arithmetic(_int, _int))
for _symbol, _sign in ((operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="),
                       (operator.eq, "=="), (operator.ne, "!=")):  # fmt: skip
    _operator(_symbol, _answers_mask, _comparison(_sign))
_operator(operator.neg, _number, _negate)
_operator(operator.invert, _bits_only, _invert)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


def _loader(lanes: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def load(typingctx: Any, array: Any, index: Any) -> Any:
        """`lanes` elements of a flat array from `index` on."""
        vector = Vector(array.dtype, lanes)

        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            at = _pointer(context, builder, sig.args[0], args[0], args[1])
            at = builder.bitcast(at, context.get_value_type(vector).as_pointer())
            return builder.load(at, align=4)

        return vector(array, types.intp), emit

    return load


load16 = _loader(16)
load8 = _loader(8)


@intrinsic  # type: ignore[untyped-decorator]
def load8_rows3(typingctx: Any, array: Any, index: Any) -> Any:
    """The columns of eight rows of three of a flat array, from `index` on: three vectors."""
    vector = Vector(array.dtype, 8)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _pointer(context, builder, sig.args[0], args[0], args[1])
        kind = ir.VectorType(context.get_value_type(array.dtype), 24)
        rows = builder.load(builder.bitcast(at, kind.as_pointer()), align=4)
        undefined, number = ir.Constant(kind, ir.Undefined), ir.VectorType(ir.IntType(32), 8)
        columns = [
            builder.shuffle_vector(rows, undefined, ir.Constant(number, [3 * k + column for k in range(8)]))
            for column in range(3)
        ]
        return context.make_tuple(builder, sig.return_type, columns)

    return types.UniTuple(vector, 3)(array, types.intp), emit


@intrinsic  # type: ignore[untyped-decorator]
def store8_rows4(typingctx: Any, array: Any, index: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Write four vectors as the columns of eight rows of four of a flat array, from `index` on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        number = ir.IntType(32)
        order = ir.Constant(ir.VectorType(number, 16), list(range(16)))
        left, right = (builder.shuffle_vector(args[2 + k], args[3 + k], order) for k in (0, 2))
        mixed = [8 * column + row for row in range(8) for column in range(4)]
        rows = builder.shuffle_vector(left, right, ir.Constant(ir.VectorType(number, 32), mixed))
        at = _pointer(context, builder, sig.args[0], args[0], args[1])
        builder.store(rows, builder.bitcast(at, rows.type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, a, b, c, d), emit


@intrinsic  # type: ignore[untyped-decorator]
def peek(typingctx: Any, array: Any, index: Any) -> Any:
    """One element of a flat array; `index` is not negative, and no instruction is spent on that."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, sig.args[0], args[0], args[1]))

    return array.dtype(array, types.intp), emit


@intrinsic  # type: ignore[untyped-decorator]
def poke(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Write one element of a flat array; `index` is not negative."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, sig.args[0], args[0], args[1]))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), emit


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of an element that will be read soon."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _pointer(context, builder, sig.args[0], args[0], args[1])
        at = builder.bitcast(at, ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [at.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [at, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), emit


@intrinsic  # type: ignore[untyped-decorator]
def store(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Write a vector into a flat array from `index` on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _pointer(context, builder, sig.args[0], args[0], args[1])
        builder.store(args[2], builder.bitcast(at, args[2].type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), emit


def _spreader(lanes: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def spread(typingctx: Any, value: Any) -> Any:
        """One float32 (or int32) in all lanes."""
        element = types.float32 if isinstance(value, types.Float) else types.int32
        vector = Vector(element, lanes)

        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return _spread(builder, args[0], lanes)

        return vector(element), emit

    return spread


spread16 = _spreader(16)
spread8 = _spreader(8)


@intrinsic  # type: ignore[untyped-decorator]
def lane_numbers(typingctx: Any) -> Any:
    """0, 1, ... 15."""
    vector = Vector(types.int32, 16)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return ir.Constant(ir.VectorType(ir.IntType(32), 16), list(range(16)))

    return vector(), emit


@intrinsic  # type: ignore[untyped-decorator]
def select(typingctx: Any, mask: Any, chosen: Any, other: Any) -> Any:
    """Per lane: `chosen` where the mask holds, else `other`; either may be a scalar."""
    vector = chosen if isinstance(chosen, Vector) else other

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(*args)

    return vector(mask, vector, vector), emit


@intrinsic  # type: ignore[untyped-decorator]
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c, rounded once where the machine can; float32 or vectors of it."""
    vector = next((x for x in (a, b, c) if isinstance(x, Vector)), types.float32)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = args[0].type
        name = f"llvm.fmuladd.v{vector.lanes}f32" if isinstance(vector, Vector) else "llvm.fmuladd.f32"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
        return builder.call(function, args)

    return vector(vector, vector, vector), emit


@intrinsic  # type: ignore[untyped-decorator]
def root(typingctx: Any, value: Any) -> Any:
    """The square root of each lane."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = args[0].type
        name = f"llvm.sqrt.v{sig.args[0].lanes}f32"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), name)
        return builder.call(function, args)

    return value(value), emit


@intrinsic  # type: ignore[untyped-decorator]
def truncated(typingctx: Any, value: Any) -> Any:
    """Each lane as an integer, toward zero; it has to fit."""
    vector = Vector(types.int32, value.lanes)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fptosi(args[0], context.get_value_type(vector))

    return vector(value), emit


@intrinsic  # type: ignore[untyped-decorator]
def floated(typingctx: Any, value: Any) -> Any:
    """Each lane's integer as float32, rounded where it has more than 24 bits."""
    vector = Vector(types.float32, value.lanes)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.sitofp(args[0], context.get_value_type(vector))

    return vector(value), emit


def _relabelled(element: Any) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def relabel(typingctx: Any, value: Any) -> Any:
        """The same bits of each lane, read as the other kind of number."""
        vector = Vector(element, value.lanes)

        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.bitcast(args[0], context.get_value_type(vector))

        return vector(value), emit

    return relabel


bits_of = _relabelled(types.int32)
float_of = _relabelled(types.float32)


@intrinsic  # type: ignore[untyped-decorator]
def halved(typingctx: Any, value: Any, times: Any) -> Any:
    """Each lane's integer halved so many times, toward minus infinity; every lane as often."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        by = builder.trunc(args[1], ir.IntType(32))
        return builder.ashr(args[0], _spread(builder, by, sig.args[0].lanes))

    return value(value, types.intp), emit


def _chooser(sign: str) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def choose(typingctx: Any, a: Any, b: Any) -> Any:
        vector = a if isinstance(a, Vector) else b

        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.select(builder.fcmp_ordered(sign, *args), *args)

        return vector(vector, vector), emit

    return choose


lower_of = _chooser("<")
higher_of = _chooser(">")


def _reducer(sign: str) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def reduce(typingctx: Any, value: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            (vector,) = args
            lanes = sig.args[0].lanes
            while lanes > 1:
                lanes //= 2
                undefined = ir.Constant(vector.type, ir.Undefined)
                halves = [
                    builder.shuffle_vector(
                        vector,
                        undefined,
                        ir.Constant(ir.VectorType(ir.IntType(32), lanes), list(range(first, first + lanes))),
                    )
                    for first in (0, lanes)
                ]
                vector = builder.select(builder.fcmp_ordered(sign, *halves), *halves)
            return builder.extract_element(vector, ir.IntType(32)(0))

        return types.float32(value), emit

    return reduce


lowest_lane = _reducer("<")
highest_lane = _reducer(">")


@intrinsic  # type: ignore[untyped-decorator]
def bits(typingctx: Any, mask: Any) -> Any:
    """A mask as an integer: bit k is lane k."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(sig.args[0].lanes)), ir.IntType(64))

    return types.int64(mask), emit


@intrinsic  # type: ignore[untyped-decorator]
def lowest_bit(typingctx: Any, value: Any) -> Any:
    """The number of the lowest bit set; 64 where none is."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(0))

    return types.int64(types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def swap_halves(typingctx: Any, value: Any) -> Any:
    """The upper half of the lanes before the lower one."""
    lanes = value.lanes

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        order = [(lane + lanes // 2) % lanes for lane in range(lanes)]
        mask = ir.Constant(ir.VectorType(ir.IntType(32), lanes), order)
        return builder.shuffle_vector(args[0], ir.Constant(args[0].type, ir.Undefined), mask)

    return value(value), emit
