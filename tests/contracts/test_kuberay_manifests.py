"""What the chart renders is valid, current and documented."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import kubernetes_validate
import pytest

from kuberay.pods import pod_templates
from kuberay.render import CHART, RELEASES, documents, release_values

REPOSITORY = Path(__file__).parents[2]
CRDS = REPOSITORY.parent / "shared/crds"
OLDEST_KUBERNETES = "1.30"
FROM_OPERATORS = ("ray.io/", "monitoring.coreos.com/")

releases = pytest.mark.parametrize("release", RELEASES)


@releases
def test_helm_lint_finds_nothing_to_warn_about(release: str) -> None:
    report = helm_python.lint(CHART, release_values(release), strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] >= 2] == []


@releases
@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, kubernetes_validate.latest_version()])
def test_manifests_hold_against_kubernetes(release: str, version: str) -> None:
    manifests = documents(release_values(release))
    for manifest in manifests:
        if not manifest["apiVersion"].startswith(FROM_OPERATORS):
            kubernetes_validate.validate(manifest, version, strict=True)
    for pod in pod_templates(manifests):
        as_pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "labels": pod.labels}, "spec": pod.spec}
        kubernetes_validate.validate(as_pod, version, strict=True)


@releases
def test_rayservice_holds_against_the_operators_schema_and_sets_no_field_it_does_not_know(release: str) -> None:
    schema_file = CRDS / "RayService.v1.schema.json"
    if not schema_file.exists():
        pytest.skip("the KubeRay schemas are not beside the repository")
    schema = _closed(json.loads(schema_file.read_text()))
    schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {}}
    services = [manifest for manifest in documents(release_values(release)) if manifest["kind"] == "RayService"]
    assert len(services) == 1
    jsonschema.validate(services[0], schema)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with unknown fields refused: the API server would drop them without a word."""
    closed = {key: _closed(value) if isinstance(value, dict) else value for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed["properties"] = {key: _closed(value) for key, value in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed["additionalProperties"] = False
    return closed


@pytest.mark.parametrize("script", ["render.py", "values_table.py"])
def test_committed_renderings_and_the_table_of_values_are_current(script: str) -> None:
    run = subprocess.run([sys.executable, f"kuberay/{script}", "--check"], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("values", "named"),
    [
        pytest.param({"secrets": {"postgres": ""}}, "postgres", id="a secret without a name"),
        pytest.param(
            {"settings": {"FLEETGUARD_MQTT__PASSWORD": "x"}}, "FLEETGUARD_MQTT__PASSWORD", id="a secret among the settings"
        ),
        pytest.param(
            {"settings": {"FLEETGUARD_OIDC__CLIENT_SECRET": "x"}}, "FLEETGUARD_OIDC__CLIENT_SECRET", id="a provider's secret"
        ),
        pytest.param({"settings": {"FLEETGUARD_X": "nats://user:word@nats:4222"}}, "FLEETGUARD_X", id="a password in a URL"),
        pytest.param({"ingress": {"enabled": True, "host": "fleet.example"}}, "tlsSecret", id="an Ingress without TLS"),
        pytest.param({"mlflow": {"enabled": True}}, "existingClaim", id="MLflow that would forget its artifacts"),
        pytest.param({"serve": {"placement": "both"}}, "placement", id="an unknown placement"),
        pytest.param({"image": {"tag": "latest"}}, "tag", id="an image that changes under its name"),
        pytest.param({"replicas": 3}, "replicas", id="a value that does not exist"),
        pytest.param({"ray": {"workers": {"min": 9}}}, "ray.workers.max", id="fewest above most"),
        pytest.param({"ray": {"workers": {"minAvailable": 2}}}, "drained", id="a budget that blocks every drain"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(helm_python.HelmError, match=named):
        documents(values)


def test_a_provider_and_an_influxdb_get_their_secrets_and_their_way_out_only_where_they_are_named() -> None:
    named, usual = (
        list(pod_templates(documents({"secrets": {"oidc": oidc, "influx": influx}})))
        for oidc, influx in (("fleetguard-oidc", "fleetguard-influx"), ("", ""))
    )
    path = {"ray-head", "ray-worker", "pipeline"}
    for pods, api, ingest in ((named, {"api"}, path), (usual, set(), set())):
        assert {pod.part for pod in pods if "FLEETGUARD_OIDC__STATE_KEY" in pod.secrets} == api
        assert {pod.part for pod in pods if "fleetguard/reaches-identity" in pod.labels} == api
        assert {pod.part for pod in pods if "fleetguard/reaches-influx" in pod.labels} == ingest
        assert ingest <= {pod.part for pod in pods if "FLEETGUARD_INFLUX__TOKEN" in pod.secrets}


@releases
def test_budgets_services_and_monitors_select_pods_that_exist(release: str) -> None:
    manifests = documents(release_values(release))
    pods = [pod.labels for pod in pod_templates(manifests)]
    services = [manifest["metadata"]["labels"] for manifest in manifests if manifest["kind"] == "Service"]
    for manifest in manifests:
        for wanted in _selectors(manifest):
            among = services if manifest["kind"] == "ServiceMonitor" else pods
            assert any(wanted.items() <= labels.items() for labels in among), f"{manifest['kind']} {wanted} selects nothing"


def _selectors(manifest: dict[str, Any]) -> list[dict[str, str]]:
    spec = manifest.get("spec", {})
    if manifest["kind"] == "Service":
        return [spec["selector"]]
    if manifest["kind"] == "NetworkPolicy":
        return [spec["podSelector"]["matchLabels"]]
    return [spec["selector"]["matchLabels"]] if "selector" in spec else []


@releases
def test_each_autoscaler_scales_a_deployment_that_exists(release: str) -> None:
    manifests = documents(release_values(release))
    deployments = {manifest["metadata"]["name"]: manifest for manifest in manifests if manifest["kind"] == "Deployment"}
    for manifest in manifests:
        if manifest["kind"] == "HorizontalPodAutoscaler":
            target = deployments[manifest["spec"]["scaleTargetRef"]["name"]]
            assert "replicas" not in target["spec"], "a fixed number would undo the autoscaler at every upgrade"
            assert manifest["spec"]["minReplicas"] <= manifest["spec"]["maxReplicas"]


def test_recurring_work_renders_as_a_cron_job_that_never_overlaps() -> None:
    resources = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "4Gi"}}
    plan = {"schedule": "15 2 * * *", "args": ["train", "all"], "deadlineSeconds": 3600, "resources": resources}
    jobs = [manifest for manifest in documents({"schedules": {"training": plan}}) if manifest["kind"] == "CronJob"]
    kubernetes_validate.validate(jobs[0], OLDEST_KUBERNETES, strict=True)
    assert jobs[0]["spec"]["concurrencyPolicy"] == "Forbid"
