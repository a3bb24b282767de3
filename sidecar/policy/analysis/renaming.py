"""Uses of an older bundle under the names that a newer one gives them: a rename alone is no change of answers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sidecar.model.catalog import Catalog
from sidecar.model.renames import Renames, current_key
from sidecar.model.scope import at_or_below
from sidecar.policy.analysis.dimensions import Use


def earlier_uses(uses: tuple[Use, ...], old: Catalog, new: Catalog) -> Mapping[Use, Use]:
    """From the name under *new* to the use in *uses*, those of *old*, for each that is called otherwise now.

    Where two uses become one, or one takes the name that another had, neither is followed: both are told as they are.
    """
    found: dict[Use, Use] = {}
    doubtful = set(uses)
    renames = recent(old, new)
    for use in uses:
        renamed = _renamed(use, renames)
        if renamed != use:
            if renamed in doubtful:
                found.pop(renamed, None)
            else:
                found[renamed] = use
                doubtful.add(renamed)
    return found


def recent(old: Catalog, new: Catalog) -> Renames:
    """What was called otherwise in *old*, and is renamed in *new*."""
    names = new.renames
    return Renames(
        services={was: now for was, now in names.services.items() if was in old.services},
        fields={was: now for was, now in names.fields.items() if was in old.fields},
        categories={was: now for was, now in names.categories.items() if _knew(old.categories, was)},
        purposes={was: now for was, now in names.purposes.items() if _knew(old.purposes, was)},
        recipients={was: now for was, now in names.recipients.items() if was in old.recipients},
        notices={was: now for was, now in names.notices.items() if any(key == was for key, _ in old.notices)},
    )


def _knew(keys: Iterable[str], was: str) -> bool:
    """Whether *keys* have *was*, or something below it, which goes along."""
    return any(at_or_below(key, was) for key in keys)


def _renamed(use: Use, renames: Renames) -> Use:
    return replace(
        use,
        service=renames.services.get(use.service, use.service),
        field=renames.fields.get(use.field, use.field),
        purpose=current_key(use.purpose, renames.purposes),
        recipient=renames.recipients.get(use.recipient, use.recipient),
    )
