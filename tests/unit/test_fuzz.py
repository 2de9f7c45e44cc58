"""Every reader answers whatever it is given: what once went wrong, some changed inputs, and any bytes at all."""

from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.fuzzing import CORPUS, TARGETS, corpus, mutated
from support.patience import patience

ALL = pytest.mark.parametrize("name", sorted(TARGETS))


@ALL
def test_changed_inputs_are_answered(name: str) -> None:
    with patience():
        for data in islice(mutated(name, 1), len(corpus(name)) + 60):
            TARGETS[name](data)


@ALL
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.binary(max_size=200) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_answered(name: str, data: bytes) -> None:
    TARGETS[name](data)


def test_every_target_has_a_corpus_and_nothing_else_does() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
    assert all(corpus(name) for name in TARGETS)
