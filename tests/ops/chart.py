"""Renders the chart with a real Helm, and does with a rendered pod what the kubelet does with its volumes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from runpy import run_path
from typing import Any

import helm_python
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "sidecar"
POLICIES = ROOT / "policies"
KUBERNETES = "1.30"  # the oldest that Chart.yaml allows

Manifest = dict[str, Any]


def values_files() -> list[Path]:
    """Every file of values that the chart is tried with."""
    return sorted((CHART / "ci").glob("values-*.yaml"))


def demo_bundle() -> dict[str, str]:
    """From path to text, as the chart's own script writes it."""
    files: dict[str, str] = run_path(str(CHART / "bundle_values.py"))["bundle_files"](POLICIES)
    return files


def values_of(path: Path) -> dict[str, Any]:
    """The values of a file, with the demo bundle unless it has one."""
    values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    values.setdefault("bundle", {"files": demo_bundle()})
    return values


def render(values: Mapping[str, Any]) -> list[Manifest]:
    """Every manifest of the release `demo` in the namespace `privacy`."""
    rendered = helm_python.Chart.load(str(CHART)).render(dict(values), name="demo", namespace="privacy")
    manifests = (text for name, text in sorted(rendered.items()) if not name.endswith("NOTES.txt"))
    return [manifest for text in manifests for manifest in yaml.safe_load_all(text) if manifest]


def one(manifests: list[Manifest], kind: str, suffix: str = "") -> Manifest:
    """The only manifest of *kind* whose name ends with *suffix*."""
    (found,) = (each for each in manifests if each["kind"] == kind and each["metadata"]["name"].endswith(suffix))
    return found


def pod_of(manifests: list[Manifest]) -> dict[str, Any]:
    """What runs: the pod of the Deployment."""
    pod: dict[str, Any] = one(manifests, "Deployment")["spec"]["template"]["spec"]
    return pod


def mount(volume: Mapping[str, Any], data: Mapping[str, str], at: Path) -> None:
    """Write a ConfigMap volume as the kubelet does: a hidden folder, a link to it, and links to what is in that."""
    hidden = at / "..2026_06_01_12_00_00.000000001"
    for key, path in _items(volume, data):
        (hidden / path).parent.mkdir(parents=True, exist_ok=True)
        (hidden / path).write_text(data[key], encoding="utf-8")
    (at / "..data").symlink_to(hidden.name)
    for entry in hidden.iterdir():
        (at / entry.name).symlink_to(Path("..data") / entry.name)


def _items(volume: Mapping[str, Any], data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Which key becomes which path; all under their own names unless `items` says so."""
    items = volume["configMap"].get("items")
    yield from ((item["key"], item["path"]) for item in items) if items else ((key, key) for key in data)
