"""The journal of a survey: whatever happens to it, what it holds is what was kept, each once, and it goes on."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrail.model.errors import InputError
from backtrail.survey.journal import NAME, End, Journal, Told

BEGUN = 42
"""Bytes before the first record of a survey without a name."""

SPOILT = b"backtrail survey journal 1\n" + bytes(99)

TOLD = st.builds(Told, key=st.text(max_size=8), end=st.sampled_from(End), packed=st.binary(max_size=40))


def kept(folder: Path, *told: Told, resume: bool = False) -> list[Told]:
    """What a journal holds after these were kept."""
    journal = Journal(folder, resume=resume)
    for one in told:
        journal.append(one)
    journal.close()
    return list(journal.told())


@given(told=st.lists(TOLD, max_size=6), cut=st.floats(0, 1), flip=st.booleans(), zero=st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_cut_or_spoilt_loses_no_more_than_that(told: list[Told], cut: float, *, flip: bool, zero: bool) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = kept(folder, *told)
        assert [one.key for one in whole] == list(dict.fromkeys(one.key for one in told))
        path = folder / NAME
        data = bytearray(path.read_bytes())
        place = BEGUN + int(cut * (len(data) - BEGUN))
        if zero:  # as of a disk that was cut off
            data[place:] = bytes(len(data) - place)
        elif flip and place < len(data):
            data[place] ^= 1
        else:
            del data[place:]
        path.write_bytes(data)
        left = kept(folder, resume=True)
        assert left == whole[: len(left)]
        assert kept(folder, *told, resume=True) == whole
        assert kept(folder, resume=True) == whole


def test_a_second_survey_does_not_write_into_the_first(tmp_path: Path) -> None:
    kept(tmp_path, Told(key="a", end=End.ANSWERED))
    with pytest.raises(InputError, match=r"there is a survey in this folder already; --resume goes on with it$"):
        Journal(tmp_path, resume=False)


def test_a_survey_goes_on_only_with_what_it_was_begun_with(tmp_path: Path) -> None:
    Journal(tmp_path, resume=False, survey="these questions").close()
    Journal(tmp_path, resume=True, survey="these questions").close()
    with pytest.raises(InputError, match="not what this survey was begun with"):
        Journal(tmp_path, resume=True, survey="others")


def test_resuming_what_never_began_begins_it(tmp_path: Path) -> None:
    assert kept(tmp_path / "new" / "folder", Told(key="a", end=End.HUNG, sentence="it took longer"), resume=True)


@pytest.mark.parametrize("data", [b"numba\n", b"\0" * 100, b"backtrail survey journal 9\n", SPOILT])
def test_what_is_no_journal_is_left_as_it_is(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(InputError, match="this is not the journal of a survey"):
        Journal(tmp_path, resume=True)
    assert (tmp_path / NAME).read_bytes() == data


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_two_surveys_do_not_write_one_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path, resume=False)
    with pytest.raises(InputError, match="another survey is writing it"):
        Journal(tmp_path, resume=True)
    first.close()
    Journal(tmp_path, resume=True).close()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file"):
        Journal(tmp_path / "file" / "survey", resume=False)


FULL = """
import resource, signal, sys
from pathlib import Path
from backtrail.model.errors import InputError
from backtrail.survey.journal import End, Journal, Told
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
journal = Journal(Path(sys.argv[1]), resume=False)
try:
    for number in range(100):
        journal.append(Told(key=str(number), end=End.ANSWERED, packed=bytes(300)))
except InputError as error:
    print(number, error)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_disk_without_room_keeps_what_was_kept_before(tmp_path: Path) -> None:
    """The system writes part of a record, then refuses the rest, as a full disk does."""
    program = [sys.executable, "-c", FULL, str(tmp_path)]
    said = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    number, _, sentence = said.partition(" ")
    assert sentence.endswith(
        f"{NAME}: File too large; what was answered so far is kept, and --resume goes on from there\n"
    )
    whole = [Told(key=str(one), end=End.ANSWERED, packed=bytes(300)) for one in range(100)]
    assert kept(tmp_path, resume=True) == whole[: int(number)]
    assert kept(tmp_path, *whole, resume=True) == whole


def test_a_disk_that_takes_nothing_at_the_end_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path, resume=False)
    journal.append(Told(key="a", end=End.ANSWERED))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device; what was answered so far is kept"):
        journal.close()
