"""The base of every noun: frozen, keyword-only, comparable by value, encodable as JSON or MessagePack."""

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value. Containers inside are tuples, frozensets or mappings nobody writes to."""


def not_texts(of: str, **values: object) -> None:
    """Raise TypeError for a text where several are wanted, of which each letter would be one."""
    for name, value in values.items():
        if isinstance(value, str):
            raise TypeError(f"{of}: {name} is a list of texts, and {value!r} is one: write {name}=[{value!r}]")


def check_lists(record: Record) -> None:
    """Raise TypeError for one text in a field that is for several; what a caller writes is not checked otherwise."""
    kinds = type(record).__annotations__.items()
    not_texts(type(record).__name__, **{name: getattr(record, name) for name, kind in kinds if kind == tuple[str, ...]})


class Tagged(Record, frozen=True, kw_only=True, gc=False, tag=True, tag_field="type"):
    """A value that is one of several kinds; encoded with its kind under ``type``."""
