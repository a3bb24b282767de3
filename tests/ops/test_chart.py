"""The chart, rendered by a real Helm: valid, locked down, and a pod that finds its bundle and its settings."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest

from sidecar.cli.serve import serve
from sidecar.config.sources import load
from sidecar.policy.bundle import load_bundle
from tests.ops.chart import (
    CHART,
    KUBERNETES,
    POLICIES,
    demo_bundle,
    mount,
    one,
    pod_of,
    render,
    values_files,
    values_of,
)

WARNING = 2  # of Helm's severities
ALLOWED: dict[str, Any] = {"server": {"allowPlaintextNetwork": True}}

each_values_file = pytest.mark.parametrize("path", values_files(), ids=lambda path: path.stem)


@each_values_file
def test_helm_lint_has_nothing_to_say(path: Path) -> None:
    """`helm lint --strict` neither fails nor warns."""
    report = helm_python.lint(str(CHART), values_of(path), strict=True)

    assert [] == report["errors"]
    assert [] == [message for message in report["messages"] if message["severity"] >= WARNING]


@each_values_file
def test_every_manifest_is_kubernetes(path: Path) -> None:
    """The oldest supported and the newest known Kubernetes accept every field of every manifest."""
    manifests = render(values_of(path))

    assert {"Deployment", "Service", "ServiceAccount", "ConfigMap"} <= {each["kind"] for each in manifests}
    for manifest in manifests:
        for version in (KUBERNETES, kubernetes_validate.latest_version()):
            kubernetes_validate.validate(manifest, version, strict=True)


@each_values_file
def test_the_pod_is_locked_down(path: Path) -> None:
    """Not root, nothing writable but its data, no capabilities, no token, the runtime's seccomp profile."""
    pod = pod_of(render(values_of(path)))
    (container,) = pod["containers"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert 0 < pod["securityContext"]["runAsUser"]
    assert {"type": "RuntimeDefault"} == pod["securityContext"]["seccompProfile"]
    assert {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    } == container["securityContext"]
    assert {"/var/lib/sidecar", "/tmp"} == {
        each["mountPath"] for each in container["volumeMounts"] if not each.get("readOnly")
    }


@each_values_file
def test_the_probes_ask_what_each_is_for(path: Path) -> None:
    """Starting and ready are /readyz; only being stuck, /livez, restarts the pod."""
    (container,) = pod_of(render(values_of(path)))["containers"]
    ports = {port["name"] for port in container["ports"]}
    asked = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}

    assert {"startupProbe": "/readyz", "readinessProbe": "/readyz", "livenessProbe": "/livez"} == asked
    assert {"grpc", "http"} == ports


@each_values_file
def test_one_pod_writes_and_has_time_to_stop(path: Path) -> None:
    """Never two pods on one log; and the kubelet waits longer than the pause before the stop and the drain take."""
    values = values_of(path)
    deployment = one(render(values), "Deployment")["spec"]
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    busy = container["lifecycle"]["preStop"]["sleep"]["seconds"] + values["server"].get("drainSeconds", 10)

    if "nats" not in values:
        assert 1 == deployment["replicas"]
        assert {"type": "Recreate"} == deployment["strategy"]
    assert busy < pod["terminationGracePeriodSeconds"]


@each_values_file
def test_the_server_reads_the_settings(path: Path, tmp_path: Path) -> None:
    """The rendered configuration file is one that the server takes, at the path that it is started with."""
    values = values_of(path)
    manifests = render(values)
    (container,) = pod_of(manifests)["containers"]
    mounted_at = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    file = tmp_path / "sidecar.yaml"
    file.write_text(one(manifests, "ConfigMap", "-config")["data"]["sidecar.yaml"], encoding="utf-8")

    config = load(file=file)

    assert ["serve", "--config", f"{mounted_at['config']}/sidecar.yaml"] == container["args"]
    assert mounted_at["bundle"] == str(config.bundle.path)
    assert config.data.dir.is_relative_to(mounted_at["data"])
    assert "0.0.0.0:7071" == config.http_address
    assert ["0.0.0.0:7070"] == [each.address for each in config.server.listen]
    assert values["server"].get("drainSeconds", 10) == config.server.drain_seconds


def test_the_pod_starts_a_command_that_there_is() -> None:
    """The command and every option of the container are ones that the program has."""
    (container,) = pod_of(render(ALLOWED | {"bundle": {"files": demo_bundle()}}))["containers"]
    name, *words = container["args"]
    options = {option for parameter in serve.params for option in parameter.opts}

    assert ["sidecar"] == container["command"]
    assert serve.name == name
    assert {word for word in words if word.startswith("-")} <= options


def test_the_mounted_bundle_is_the_bundle(tmp_path: Path) -> None:
    """What the kubelet makes of the ConfigMap loads, and has the digest of the folder that it was written from."""
    manifests = render(ALLOWED | {"bundle": {"files": demo_bundle()}})
    (volume,) = (each for each in pod_of(manifests)["volumes"] if each["name"] == "bundle")
    mount(volume, one(manifests, "ConfigMap", "-bundle")["data"], tmp_path)

    assert load_bundle(POLICIES).revision == load_bundle(tmp_path).revision


def test_a_foreign_config_map_is_mounted_as_its_items_say() -> None:
    """With a ConfigMap of somebody else the chart makes none, and mounts each key where it is told."""
    values = values_of(CHART / "ci" / "values-existing.yaml")
    manifests = render(values)
    (volume,) = (each for each in pod_of(manifests)["volumes"] if each["name"] == "bundle")

    assert {"name": "our-policies", "items": values["bundle"]["items"]} == volume["configMap"]
    assert ["demo-sidecar-config"] == [each["metadata"]["name"] for each in manifests if each["kind"] == "ConfigMap"]


def test_a_changed_text_of_the_bundle_keeps_the_pod() -> None:
    """The server takes it up as it runs; only another set of files is mounted otherwise, which makes another pod."""
    bundle = demo_bundle()
    changed = bundle | {"guardrails.cedar": bundle["guardrails.cedar"] + "\n"}

    def pod(files: dict[str, str]) -> object:
        return one(render(ALLOWED | {"bundle": {"files": files}}), "Deployment")["spec"]["template"]

    assert pod(bundle) == pod(changed)
    assert pod(bundle) != pod(bundle | {"more.cedar": ""})


def test_the_consent_log_outlives_an_uninstall() -> None:
    """The claim that the chart makes is kept when the release goes."""
    claim = one(render(ALLOWED | {"bundle": {"files": demo_bundle()}}), "PersistentVolumeClaim")

    assert "keep" == claim["metadata"]["annotations"]["helm.sh/resource-policy"]


def test_several_pods_share_a_log(tmp_path: Path) -> None:
    """Each with the key and the tokens of the Secret; no claim, since one volume is for one pod; NATS may be called."""
    manifests = render(values_of(CHART / "ci" / "values-shared.yaml"))
    deployment, pod = one(manifests, "Deployment")["spec"], pod_of(manifests)
    file = tmp_path / "sidecar.yaml"
    file.write_text(one(manifests, "ConfigMap", "-config")["data"]["sidecar.yaml"], encoding="utf-8")
    config = load(file=file)
    (container,) = pod["containers"]
    (secrets,) = (Path(each["mountPath"]) for each in container["volumeMounts"] if each["name"] == "secrets")
    volumes = {each["name"]: each for each in pod["volumes"]}
    policy = one(manifests, "NetworkPolicy")["spec"]

    assert (3, 0) == (deployment["replicas"], deployment["strategy"]["rollingUpdate"]["maxUnavailable"])
    assert ("nats", 10) == (config.consent.log, config.consent.max_offline_days)
    assert (secrets / "pseudonym.key", secrets / "operator.token") == (config.key_file, config.token_file)
    assert ("sidecar", secrets / "nats.password") == (config.nats.user, config.nats.password_file)
    assert secrets / "ca.pem" == config.nats.tls_ca
    assert [secrets / "mail-provider.token"] == [each.token_file for each in config.consumers.known]
    assert "consent" == volumes["secrets"]["secret"]["secretName"]
    assert {} == volumes["data"]["emptyDir"]
    assert [] == [each for each in manifests if each["kind"] == "PersistentVolumeClaim"]
    assert 2 == len(policy["egress"])


def test_the_network_policy_lets_nothing_out() -> None:
    """The pod calls nobody; callers reach gRPC only and scrapers HTTP only."""
    policy = one(render(values_of(CHART / "ci" / "values-guarded.yaml")), "NetworkPolicy")["spec"]

    assert [] == policy["egress"]
    assert ["Ingress", "Egress"] == policy["policyTypes"]
    assert [[{"port": "grpc"}], [{"port": "http"}]] == [rule["ports"] for rule in policy["ingress"]]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        pytest.param(ALLOWED, "give files", id="no-bundle"),
        pytest.param({"bundle": {"files": {"a": ""}}}, "no TLS yet", id="plain-text-not-accepted"),
        pytest.param(
            ALLOWED | {"bundle": {"files": {"a": ""}, "existingConfigMap": "b"}}, "not both", id="two-bundles"
        ),
        pytest.param(ALLOWED | {"bundle": {"existingConfigMap": "b"}}, "needs items", id="no-items"),
        pytest.param(ALLOWED | {"bundle": {"files": {"a__b": "", "a/b": ""}}}, "the same key", id="one-key-twice"),
        pytest.param(ALLOWED | {"bundle": {"files": {"a": "x" * 1_000_001}}}, "1 MiB", id="too-big"),
        pytest.param(ALLOWED | {"bundle": {"files": {"../a": ""}}}, "pattern", id="out-of-the-bundle"),
        pytest.param(ALLOWED | {"replicas": 2}, "replicas", id="unknown-value"),
        pytest.param(
            ALLOWED | {"bundle": {"files": {"a": ""}}, "nats": {"servers": "nats://a"}}, "existingSecret", id="no-key"
        ),
        pytest.param(
            ALLOWED | {"bundle": {"files": {"a": ""}}, "nats": {"user": "me"}}, "give servers", id="no-server"
        ),
    ],
)
def test_what_cannot_work_is_refused_before_it_is_installed(values: dict[str, Any], complaint: str) -> None:
    """Helm refuses, and says which value."""
    with pytest.raises(helm_python.HelmError, match=complaint):
        render(values)


def test_the_script_writes_values_that_helm_takes() -> None:
    """`bundle_values.py FOLDER` prints the demo bundle, hidden files left out."""
    written = subprocess.run(
        [sys.executable, CHART / "bundle_values.py", POLICIES], check=True, capture_output=True, text=True
    )

    assert {"bundle": {"files": demo_bundle()}} == json.loads(written.stdout)
