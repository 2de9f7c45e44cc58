"""The base of every noun: frozen, keyword-only, comparable by value, encodable as JSON or MessagePack."""

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value. Containers inside are tuples, frozensets or mappings nobody writes to."""


class Tagged(Record, frozen=True, kw_only=True, gc=False, tag=True, tag_field="type"):
    """A value that is one of several kinds; encoded with its kind under ``type``."""
