"""Who is asked about, and what the caller can do: read from a message, and wrong in every way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.errors import RequestError
from sidecar.model.vocabulary import Mask
from sidecar.transport.convert.audiences import SubjectReader, read_able


def read(subjects: list[str], most: int) -> dict[int, str]:
    """Everybody by place, read so many at a time."""
    found: dict[int, str] = {}
    for places, some in SubjectReader(subjects).slices(most):
        found.update(zip(places, some, strict=True))
    return found


@given(st.lists(st.sampled_from(("a", "b", "c", "ä")), max_size=9), st.integers(1, 4))
def test_each_is_read_once_where_they_are_named_first(subjects: list[str], most: int) -> None:
    """Whatever the slices are."""
    assert {subjects.index(one): one for one in subjects} == read(subjects, most)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", "must have 1 to 256 bytes"),
        ("x" * 257, "must have 1 to 256 bytes"),
        ("ä" * 129, "must have 1 to 256 bytes"),
        ("a\nb", "control characters"),
        ("a\0", "control characters"),
        ("\x9f", "control characters"),
    ],
)
@pytest.mark.parametrize("most", [1, 16, 64])
def test_an_id_that_is_none_is_named_by_its_place(wrong: str, told: str, most: int) -> None:
    """Never by itself, wherever a slice begins."""
    subjects = [f"p{place}" for place in range(40)]
    subjects[17] = wrong
    with pytest.raises(RequestError) as caught:
        read(subjects, most)

    assert "subjects[17]" == caught.value.field
    assert told in caught.value.detail
    assert not wrong or wrong not in str(caught.value)


def test_ids_may_have_any_letters() -> None:
    """And up to 256 bytes."""
    subjects = ["Zoë", "x" * 256, "ä" * 128, "a b", "\N{NO-BREAK SPACE}", "\N{PILE OF POO}"]

    assert subjects == list(read(subjects, 4).values())


def test_what_the_caller_is_able_to_do() -> None:
    """Each mask by its name; twice is once."""
    able = [model_pb2.Obligation(name="mask", value=value) for value in ("hash", "year", "hash")]

    assert frozenset() == read_able(pb.FilterSubjectsRequest())
    assert {Mask.HASH, Mask.YEAR} == read_able(pb.FilterSubjectsRequest(able=able))


@pytest.mark.parametrize(
    ("able", "field"),
    [
        ([("mask", "hash"), ("mask", "hsah")], "able[1].value"),
        ([("mask", "")], "able[0].value"),
        ([("blur", "hash")], "able[0].name"),
        ([("", "hash")], "able[0].name"),
        ([("mask", "hash")] * 17, "able"),
    ],
)
def test_what_nobody_can_do_is_refused(able: list[tuple[str, str]], field: str) -> None:
    """A mask that is misspelt would silently leave people out."""
    message = pb.FilterSubjectsRequest(able=[model_pb2.Obligation(name=name, value=value) for name, value in able])
    with pytest.raises(RequestError) as caught:
        read_able(message)

    assert field == caught.value.field
