"""Large values in pieces."""

from dataclasses import dataclass

from sidecar.authoring.examination.messages import CHUNK, Assembly, Part, pieces


@dataclass(frozen=True, kw_only=True)
class Large:
    """A field of each kind."""

    text: str
    nothing: str
    by_name: dict[str, int]
    empty: dict[str, int]
    number: int


def test_pieces_are_small_and_make_the_whole() -> None:
    """Texts come in chunks, mappings entry by entry, all else at once."""
    value = Large(text="ab" * CHUNK, nothing="", by_name={"a": 1, "b": 2}, empty={}, number=7)
    assembly = Assembly()
    sizes = []
    for piece in pieces(Part.CATALOG, value):
        assembly.add(piece)
        sizes.append(len(piece.content) if isinstance(piece.content, str | dict) else None)

    assert [CHUNK, CHUNK, 0, 0, 1, 1, 0, None] == sizes
    assert value == Large(**assembly.fields())
