"""The option of commands that demand coverage."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


class _Percentage(click.FloatRange):
    name = "percentage"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):  # in no range, and outside none
            self.fail(f"{value!r} is not a valid percentage.", param, ctx)
        return number


def threshold_option(text: str) -> Callable[[_F], _F]:
    """Add ``--threshold`` to a command, with *text* as its help."""
    return click.option("--threshold", type=_Percentage(0, 100), metavar="PERCENT", help=text)
