"""Which declared uses are asked for, and what is wrong with a question that has none."""

from dataclasses import dataclass
from typing import NamedTuple

from sidecar.model.catalog import Catalog, ancestors
from sidecar.model.vocabulary import Action
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.uses import uses_of
from sidecar.policy.problems import did_you_mean


class Mistake(NamedTuple):
    """What is wrong, and what to do."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Uses by some of their values; what is empty asks for any."""

    services: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()  # and those below
    actions: tuple[Action, ...] = ()

    def fits(self, use: Use) -> bool:
        """Whether *use* is asked for."""
        return all(_fits(wanted, names) for wanted, names in self._tests(use))

    def mistake(self, catalog: Catalog) -> Mistake | None:
        """What is wrong if nothing that *catalog* declares is asked for, or part of the question means nothing."""
        known = (("service", catalog.services), ("field", catalog.fields), ("purpose", catalog.purposes))
        for (noun, keys), wanted in zip(known, (self.services, self.fields, self.purposes), strict=True):
            for key in wanted:
                if key not in keys:
                    return Mistake(f"the bundle has no {noun} `{key}`", did_you_mean(key, keys))
        uses = uses_of(catalog)
        if not uses:
            return Mistake("no service declares any use", "list what it may use in catalog/services/KEY.yaml")
        asked: list[str] = []
        for place, noun in enumerate(("service", "field", "purpose", "action")):
            before = " and ".join(asked)
            wanted = self._tests(uses[0])[place][0]
            asked += [f"{noun} {' or '.join(f'`{key}`' for key in wanted)}"] if wanted else []
            left = tuple(use for use in uses if _fits(*self._tests(use)[place]))
            if not left:
                names = sorted({self._tests(use)[place][1][0] for use in uses})
                there = f"{f'with {before}' if before else 'there'} {'is' if len(names) == 1 else 'are'}"
                hint = f"{there} " + ", ".join(f"`{name}`" for name in names)
                return Mistake(f"no declared use has {' and '.join(asked)}", hint)
            uses = left
        return None

    def _tests(self, use: Use) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """For each kind of value what is asked for, and by what names *use* can be."""
        return (
            (self.services, (use.service,)),
            (self.fields, (use.field,)),
            (self.purposes, (use.purpose, *ancestors(use.purpose))),
            (self.actions, (str(use.action),)),
        )


def _fits(wanted: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return not wanted or any(name in wanted for name in names)
