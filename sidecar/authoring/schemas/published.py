"""The schemas as files: beside the files that they describe, in a hidden folder that the loader does not look at."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sidecar.authoring.schemas import catalog, suite

FOLDER: Final = ".schemas"
"""Where the schemas of a bundle are, so that editors find them without a network (ADR-0013)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One schema, and the files of a bundle that it describes, as a pattern."""

    name: str
    describes: str
    schema: Callable[[], dict[str, Any]]

    def text(self) -> str:
        """The file; the same for the same version."""
        return json.dumps(self.schema(), indent=2, ensure_ascii=False) + "\n"


PUBLISHED: Final = (
    Published(name="categories", describes="catalog/categories.yaml", schema=catalog.categories_schema),
    Published(name="data_uses", describes="catalog/data_uses.yaml", schema=catalog.data_uses_schema),
    Published(name="purposes", describes="catalog/purposes.yaml", schema=catalog.purposes_schema),
    Published(name="fields", describes="catalog/fields.yaml", schema=catalog.fields_schema),
    Published(name="recipients", describes="catalog/recipients.yaml", schema=catalog.recipients_schema),
    Published(name="notices", describes="catalog/notices.yaml", schema=catalog.notices_schema),
    Published(name="service", describes="catalog/services/*.yaml", schema=catalog.service_schema),
    Published(name="suite", describes="tests/*.yaml", schema=suite.suite_schema),
)


def schema_files() -> Mapping[str, str]:
    """Every schema by the name of its file."""
    return {f"{published.name}.schema.json": published.text() for published in PUBLISHED}


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write every schema into *folder*, which is made if need be; raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return tuple(written)
