import pytest

from sidecar.cli.attribute import parse_attributes
from sidecar.client import AttributeValue


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param(["on=true", "off=false"], {"on": True, "off": False}, id="booleans"),
        pytest.param(["a=42", "b=-7", "c=0"], {"a": 42, "b": -7, "c": 0}, id="integers"),
        pytest.param(["a=9223372036854775807"], {"a": 2**63 - 1}, id="the largest integer"),
        pytest.param(["a=-9223372036854775808"], {"a": -(2**63)}, id="the smallest integer"),
        pytest.param(["zip=00451"], {"zip": "00451"}, id="zeros in front are kept"),
        pytest.param(["a=12.5"], {"a": "12.5"}, id="no decimals"),
        pytest.param(["a=True"], {"a": "True"}, id="only lower case is a boolean"),
        pytest.param(["a=", "b=x=y"], {"a": "", "b": "x=y"}, id="text, from the first equals sign on"),
        pytest.param(['a="42"', 'b="true"', 'c="'], {"a": "42", "b": "true", "c": '"'}, id="quotes make a string"),
        pytest.param(["a[]=x", "a[]=y", "a[]=x"], {"a": frozenset({"x", "y"})}, id="a set"),
        pytest.param(["a[]=1"], {"a": frozenset({"1"})}, id="a set holds strings"),
        pytest.param(["a[]"], {"a": frozenset()}, id="the empty set"),
    ],
)
def test_values_have_the_type_that_they_look_like(texts: list[str], expected: dict[str, AttributeValue]) -> None:
    """What a value looks like is its type; quotes and brackets say otherwise."""
    parsed = parse_attributes(texts)

    assert expected == parsed
    assert [type(value) for value in expected.values()] == [type(value) for value in parsed.values()]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        pytest.param(["a"], "`a` is not NAME=VALUE", id="no value"),
        pytest.param(["=1"], "`=1` is not NAME=VALUE", id="no name"),
        pytest.param(["[]=1"], r"`\[\]=1` is not NAME=VALUE", id="a set without a name"),
        pytest.param(["a=1", "a=2"], "`a` is given twice", id="twice"),
        pytest.param(["a=1", "a[]=2"], "`a` is given twice", id="a scalar and a set"),
        pytest.param(["a[]=1", "a=2"], "`a` is given twice", id="a set and a scalar"),
        pytest.param(["a=9223372036854775808"], "does not fit into 64 bits", id="too large"),
        pytest.param(["a=" + "9" * 5000], "does not fit into 64 bits", id="far too large"),
    ],
)
def test_what_cannot_be_an_attribute_is_an_error(texts: list[str], told: str) -> None:
    """A mistake is told, never guessed around."""
    with pytest.raises(ValueError, match=told):
        parse_attributes(texts)
