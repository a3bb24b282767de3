"""Write docs/configuration.md from the settings that there are, or check that it is up to date.

python scripts/configuration.py            writes docs/configuration.md
python scripts/configuration.py --check    exits 1, and says so, if it is not what would be written
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final, get_type_hints

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sidecar.config import Config  # noqa: E402 - found by the line above
from sidecar.config.sections import plain  # noqa: E402
from sidecar.config.sources import variable  # noqa: E402

TARGET: Final = ROOT / "docs" / "configuration.md"

HEADER: Final = """\
# Configuration

<!-- Written by scripts/configuration.py; do not edit. -->

Four sources; of two that name the same setting the first in this list wins:

1. flags of `sidecar serve` (`--bundle`, `--data-dir`, `--listen`, `--http`);
2. the environment, `SIDECAR_<SECTION>_<SETTING>`; several listeners, or consumers, have blanks between them;
3. a YAML file, `--config FILE` or `SIDECAR_CONFIG`, with a mapping for each section;
4. the defaults below.

A section, setting or variable with the prefix `SIDECAR_` that does not exist is an error, so is a key that a file has
twice. (Not meant are `SIDECAR_ADDRESS` and `SIDECAR_CONFIG`, which are the command line's, and the `SIDECAR_SERVICE_*`
and `SIDECAR_PORT*` that Kubernetes adds for a Service of that name.) `none` stands for no value. `sidecar config show`
prints what is in force; no setting holds a secret, some name a file of one.

```yaml
bundle: {path: /etc/sidecar/bundle}
data: {dir: /var/lib/sidecar}
server:
  listen:
    - 127.0.0.1:7070
    - unix:/run/sidecar/newsletter.sock,service=newsletter,mode=0660
```
"""


def document() -> str:
    """The whole page."""
    return HEADER + "".join(_sections())


def _sections() -> Iterator[str]:
    for name, section in get_type_hints(Config).items():
        yield f"\n## {name}\n\n{(section.__doc__ or '').strip()}\n\n"
        yield "| setting | variable | default | meaning |\n|---|---|---|---|\n"
        for field in fields(section):
            key = f"{name}.{field.name}"
            assert field.default is not MISSING
            meaning, unit = field.metadata["meaning"], field.metadata["unit"]
            default = f"`{_shown(field.default)}`" + (f" {unit}" if unit and field.default is not None else "")
            yield f"| `{key}` | `{variable(key)}` | {default} | {meaning} |\n"


def _shown(default: Any) -> str:  # noqa: ANN401 - of any setting
    value = plain(default)
    match value:
        case None | []:
            return "none"
        case bool():
            return "true" if value else "false"
        case list():
            return " ".join(map(str, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is not up to date")
    text = document()
    if not parser.parse_args().check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} is not up to date: run python scripts/configuration.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
