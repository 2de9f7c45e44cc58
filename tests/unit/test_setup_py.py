"""A setup.py is read without a word about its style, whatever this program's warnings are for."""

import ast
import threading
import warnings

from backtrail.setup_py.keywords import parse_script

ODD = 'pattern = "\\d+"\nsetup(name="a", python_requires=">=3" if 1else "")\n'


def test_odd_escapes_and_numbers_are_not_warned_of() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert isinstance(parse_script(ODD), ast.Module)
    assert seen == []


def test_they_are_no_errors_where_warnings_are() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(parse_script(ODD), ast.Module)


def test_what_others_warn_of_is_left_alone() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        parse_script(ODD)
        compile(ODD, "theirs.py", "exec")
    assert {one.filename for one in seen} == {"theirs.py"}


def test_filters_set_meanwhile_in_another_thread_stay() -> None:
    """``catch_warnings`` would put back those from before."""
    with warnings.catch_warnings():
        parse_script(ODD)
        before = list(warnings.filters)
        readers = [threading.Thread(target=parse_script, args=(ODD * 200,)) for _ in range(4)]
        for reader in readers:
            reader.start()
        warnings.filterwarnings("ignore", module="theirs")
        for reader in readers:
            reader.join()
        assert list(warnings.filters)[1:] == before
