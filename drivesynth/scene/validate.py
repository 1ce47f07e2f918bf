"""From a tree of nodes to a model; every mistake with its place, its field and a suggestion."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from drivesynth.errors import Mistakes, RequestError, did_you_mean
from drivesynth.scene.document import Node, dotted

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]


class FileModel(BaseModel):
    """What a file holds: frozen, and unknown keys are mistakes."""

    # Built when one is read: most models stand in another one, which builds them once more in itself.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False, defer_build=True
    )


def validated(model: type[M], node: Node) -> M:
    """The model of a tree; `Mistakes` with all that is wrong."""
    try:
        return model.model_validate(node.plain())
    except ValidationError as error:
        raise Mistakes(mistakes(model, node, error)) from None


def mistakes(model: type[BaseModel], node: Node, error: ValidationError) -> list[RequestError]:
    """Pydantic's errors as the user shall read them."""
    listed = [(item, in_file(node, item["loc"], item["type"] == "missing")) for item in error.errors()]
    wrong = {path for item, path in listed if item["type"] not in ("missing", "too_short")}
    found: dict[tuple[Path, str], RequestError] = {}
    for item, path in listed:
        kind = item["type"]
        # What follows from another mistake needs no line of its own: a misspelt key is not missing as
        # well, and a list is not too short where one of its items was refused.
        if kind == "missing" and any(len(w) == len(path) and _misspells(w, path) for w in wrong):
            continue
        if kind == "too_short" and any(len(w) > len(path) and w[: len(path)] == path for w in wrong):
            continue
        what = _what(kind, item, model, path)
        found[path, what] = mistake(node, path, what, at_key=kind == "extra_forbidden")
    return list(found.values())


def _misspells(wrong: Path, missing: Path) -> bool:
    """Whether one key was meant to be the other."""
    return wrong[:-1] == missing[:-1] and bool(did_you_mean(str(wrong[-1]), [str(missing[-1])]))


def mistake(root: Node, path: Path, what: str, *, at_key: bool = False) -> RequestError:
    """A mistake at a path: the deepest node of it that is written in a file gives the place."""
    node = root
    for step in path:
        child = node.child(step)
        if child is None:
            break
        node = child
    place = (node.key or node.place) if at_key else node.place
    return RequestError(what, field=dotted(path), place=place)


def in_file(root: Node, loc: tuple[str | int, ...], missing: bool = False) -> Path:
    """Pydantic's location without what stands in no file: names of union members, validators' steps."""
    path: list[str | int] = []
    node: Node | None = root
    for i, step in enumerate(loc):
        child = node.child(step) if node is not None else None
        if child is not None:
            path.append(step)
            node = child
        elif missing and i == len(loc) - 1:
            path.append(step)
    return tuple(path)


def _what(kind: str, item: Any, model: type[BaseModel], path: Path) -> str:
    context: Mapping[str, Any] = item.get("ctx") or {}
    given = _short(item["input"])
    match kind:
        case "extra_forbidden":
            known = known_keys(model, path[:-1])
            hint = did_you_mean(str(path[-1]), known) or f"; the keys here are {', '.join(known)}"
            return f"unknown key {str(path[-1])!r}{hint}"
        case "missing":
            return "missing"
        case "literal_error":
            words = [str(value) for value in _literals(context.get("expected", ""))]
            hint = did_you_mean(str(item["input"]), words) or f"; one of {', '.join(words)}"
            return f"{given} is not known here{hint}"
        case "value_error":
            return str(context.get("error", item["msg"]))
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{given} is not a mapping; write key: value pairs"
        case "list_type" | "tuple_type":
            return f"{given} is not a list"
        case "string_type":
            return f"{given} is not text"
        case "bool_type" | "bool_parsing":
            return f"{given} is neither true nor false"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"{given} is not a whole number"
        case "float_type" | "float_parsing" | "finite_number":
            return f"{given} is not a number"
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            sign, bound = next(iter(context.items()))
            word = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}[sign]
            return f"{given} must be {word} {bound}"
        case "too_short" | "too_long":
            few, least, bound = (
                ("few", "at least", "min") if kind == "too_short" else ("many", "at most", "max")
            )
            return f"too {few} entries: {context['actual_length']}, not {least} {context[f'{bound}_length']}"
        case _:
            text = str(item["msg"])
            return f"{given}: {text[:1].lower()}{text[1:]}"


def _literals(expected: str) -> list[str]:
    """The words of pydantic's "'a', 'b' or 'c'"."""
    return [word.strip().strip("'") for part in expected.split(" or ") for word in part.split(",")]


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = (
        repr(value)
        if isinstance(value, str)
        else str(value).lower()
        if value in (True, False)
        else str(value)
    )
    return text if len(text) <= 60 else text[:57] + "..."


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand at a path below a model."""
    places: list[Any] = [model]
    for step in path:
        places = [inner for place in _or_items(places) for inner in _step(place, step)]
    places = _or_items(places)
    keys = {field.alias or name for m in places for name, field in _fields(m).items()}
    return sorted(keys)


def _or_items(places: list[Any]) -> list[Any]:
    """Places, and what their lists hold: in a file one item stands for a list of one."""
    return places + [inner for place in places for inner in _step(place, 0)]


def _fields(annotation: Any) -> Any:
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation.model_fields if is_model else {}


def _step(annotation: Any, step: str | int) -> list[Any]:
    """Annotations of what may stand under a key or index of an annotated value."""
    for name, field in _fields(annotation).items():
        if step == (field.alias or name):
            return _members(field.annotation)
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return _members(arguments[1])
    if get_origin(annotation) in (list, tuple) and isinstance(step, int):
        return [inner for argument in arguments for inner in _members(argument)]
    return []


def _members(annotation: Any) -> list[Any]:
    """The alternatives of a union, `Annotated` taken off."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        return [inner for argument in get_args(annotation) for inner in _members(argument)]
    return [annotation]
