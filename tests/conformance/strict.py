"""Checks JSON against the types of a vendor's Python SDK, strictly.

The SDKs' own checks are lazy: a TypedDict is no check at all, pydantic takes an Iterable without looking into it, unknown
fields pass, and enums invent members. Here every depth is walked: unknown and missing fields, wrong types, lists, unions,
literals. A type that is not known here is an error and never passes.
"""
import base64
import binascii
import collections.abc
import datetime
import enum
import functools
import io
import os
import types
import typing

import pydantic
import typing_extensions
from typing_extensions import Annotated, Literal, NotRequired, Required

NUMBER = {int: "an integer", float: "a number", str: "a string", bool: "true or false"}
QUALIFIERS = {Required, NotRequired, Annotated, typing.Required, typing.NotRequired, typing.Annotated}
LISTS = {list, collections.abc.Iterable, collections.abc.Sequence}
MAPS = {dict, collections.abc.Mapping}
NEVER_JSON = {typing.IO, os.PathLike, datetime.datetime, datetime.date, io.IOBase}
TAGS = ("type", "role")


class Checker:
    """`extensions` are fields that compatible servers have beyond the vendor's, by the name of the type."""

    def __init__(self, models=False, extensions=None):
        self.models = models
        self.extensions = extensions or {}

    def problems(self, value, kind, path=""):
        """Each problem as `(path, words)`; none where the value is what the type says."""
        kind = bare(kind)
        origin = typing.get_origin(kind)
        if kind is typing.Any or kind is object:
            return []
        if kind is None or kind is type(None):
            return [] if value is None else [(path, "should be null")]
        if origin in (Literal, typing.Literal):
            return literal(value, typing.get_args(kind), path)
        if origin in (typing.Union, types.UnionType):
            return self.union(value, typing.get_args(kind), path)
        if typing_extensions.is_typeddict(kind):
            return self.fields(value, kind.__name__, typed_dict(kind), path)
        if is_model(kind):
            return self.fields(value, kind.__name__, model(kind), path)
        if is_list(kind, origin):
            return self.items(value, typing.get_args(kind), path)
        if kind in MAPS or origin in MAPS:
            return self.entries(value, typing.get_args(kind), path)
        if isinstance(kind, type):
            return scalar(value, kind, path)
        raise TypeError(f"no rule for the type {kind!r} at {path}")

    def fields(self, value, name, table, path):
        if not isinstance(value, dict):
            return [(path, f"should be an object ({name})")]
        table = table | {field: (kind, False) for field, kind in self.extensions.get(name, {}).items()}
        found = [(at(path, field), f"is no field of {name}") for field in value if field not in table]
        for field, (kind, required) in table.items():
            if field in value:
                found += self.problems(value[field], kind, at(path, field))
            elif required:
                found.append((at(path, field), f"is missing ({name})"))
        return found

    def union(self, value, kinds, path):
        """The problems of the variant that comes closest: one whose tag fits, and of these the one that fits deepest."""
        kinds = [kind for kind in kinds if self.on_the_wire(kind)]
        tried = [(self.is_tagged(value, kind), self.problems(value, kind, path)) for kind in kinds]
        if any(not found for _, found in tried):
            return []
        fitting = [found for fits, found in tried if fits] or [found for _, found in tried]
        return max(fitting, key=lambda found: (max(len(where) for where, _ in found), -len(found)))

    def on_the_wire(self, kind):
        """SDKs also take what is no JSON, such as open files, and their own models of answers."""
        kind = bare(kind)
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            return any(self.on_the_wire(each) for each in typing.get_args(kind))
        if is_model(kind):
            return self.models
        origin = typing.get_origin(kind) or kind
        return origin not in NEVER_JSON and getattr(origin, "__module__", "").split(".")[0] != "PIL"

    def is_tagged(self, value, kind):
        kind = bare(kind)
        if not typing_extensions.is_typeddict(kind):
            return not isinstance(value, dict)
        if not isinstance(value, dict):
            return False
        table = typed_dict(kind)
        return all(not self.problems(value.get(tag), table[tag][0]) for tag in TAGS if tag in table and tag in value)

    def items(self, value, kinds, path):
        if not isinstance(value, list):
            return [(path, "should be a list")]
        if not kinds:
            raise TypeError(f"a list of nobody knows what at {path}")
        return [found for index, item in enumerate(value) for found in self.problems(item, kinds[0], f"{path}[{index}]")]

    def entries(self, value, kinds, path):
        if not isinstance(value, dict):
            return [(path, "should be an object")]
        return [found for key, item in value.items() for found in self.problems(item, (kinds or (str, object))[1], at(path, key))]


def at(path, field):
    return f"{path}.{field}" if path else field


def bare(kind):
    """Without what is said about a type."""
    while typing.get_origin(kind) in QUALIFIERS:
        kind = typing.get_args(kind)[0]
    return kind


def is_model(kind):
    return isinstance(kind, type) and issubclass(kind, pydantic.BaseModel)


def is_list(kind, origin):
    return kind in LISTS or origin in LISTS or getattr(origin, "__name__", "") == "SequenceNotStr"


@functools.cache
def typed_dict(kind):
    """Field to type and requiredness. Annotations are strings, so `__required_keys__` knows of no `Required[…]`."""
    table = {}
    for field, hint in typing_extensions.get_type_hints(kind, include_extras=True).items():
        required, alias, rest = field in kind.__required_keys__, field, hint
        while typing.get_origin(rest) in QUALIFIERS:
            qualifier = typing.get_origin(rest)
            if qualifier in (Required, typing.Required):
                required = True
            elif qualifier in (NotRequired, typing.NotRequired):
                required = False
            else:
                names = [getattr(note, "alias", None) for note in rest.__metadata__]
                alias = next((name for name in names if name), alias)
            rest = typing.get_args(rest)[0]
        table[alias] = (rest, required)
    return table


@functools.cache
def model(kind):
    """As it is on the wire: by alias, not by the name that Python code has for it."""
    return {
        field.alias or name: (typing.get_type_hints(kind)[name], field.is_required())
        for name, field in kind.model_fields.items()
    }


def literal(value, allowed, path):
    if any(type(value) is type(each) and value == each for each in allowed):
        return []
    return [(path, f"is {value!r}, should be one of {', '.join(map(repr, allowed))}")]


def scalar(value, kind, path):
    if issubclass(kind, enum.Enum):
        # Some SDKs send what they were given in capitals.
        names = {member.value for member in kind}
        fits = isinstance(value, str) and (value in names or value.upper() in names)
        return [] if fits else [(path, f"is {value!r}, which is no {kind.__name__}")]
    if kind is bytes:
        return in_base64(value, path)
    if kind is float and type(value) is int:
        return []
    if kind not in NUMBER:
        raise TypeError(f"no rule for the type {kind!r} at {path}")
    return [] if type(value) is kind else [(path, f"is {value!r:.60}, should be {NUMBER[kind]}")]


def in_base64(value, path):
    return [] if decoded(value) is not None else [(path, "should be bytes in base64")]


def decoded(value):
    """`None` for what is not base64; Python lets more padding pass than there may be."""
    try:
        return base64.b64decode(value, validate=True) if len(value) % 4 == 0 else None
    except (TypeError, ValueError, binascii.Error):
        return None
