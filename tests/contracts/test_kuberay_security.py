"""The chart is closed by default: pods without privileges, secrets by reference, network by list."""

import re
from pathlib import Path

import pytest

from kuberay.pods import Manifest, PodTemplate, only, pod_templates
from kuberay.render import RELEASES, documents, release_values

README = Path(__file__).parents[2] / "kuberay/README.md"
SECRETS_OF_A_PART = {
    "api": {"FLEETGUARD_POSTGRES__URL", "FLEETGUARD_NOTIFY__PUSH_KEY"},
    "notifier": {"FLEETGUARD_POSTGRES__URL", "FLEETGUARD_NOTIFY__PUSH_KEY"},
    "device-auth": {"FLEETGUARD_POSTGRES__URL", "FLEETGUARD_DEVICE_AUTH__PASSWORD", "FLEETGUARD_DEVICE_AUTH__ISSUER_SEED"},
    "migration": {"FLEETGUARD_POSTGRES__OWNER_URL"},
    "mlflow": {"MLFLOW_BACKEND_STORE_URI"},
}
SECRETS_OF_THE_PATH = {
    "FLEETGUARD_POSTGRES__URL",
    "FLEETGUARD_MQTT__PASSWORD",
    "FLEETGUARD_VALKEY__URL",
    "FLEETGUARD_MLFLOW__TRACKING_URI",
    "FLEETGUARD_FEAST__REGISTRY",
}
STORE_OF_A_SECRET = {
    "FLEETGUARD_POSTGRES__URL": "postgres",
    "FLEETGUARD_POSTGRES__OWNER_URL": "postgres",
    "FLEETGUARD_MQTT__PASSWORD": "mqtt",
    "FLEETGUARD_DEVICE_AUTH__PASSWORD": "nats",
    "FLEETGUARD_VALKEY__URL": "valkey",
    "FLEETGUARD_MLFLOW__TRACKING_URI": "mlflow",
    "FLEETGUARD_FEAST__REGISTRY": "postgres",
    "MLFLOW_BACKEND_STORE_URI": "postgres",
}


@pytest.fixture(params=RELEASES)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return documents(release_values(request.param))


@pytest.fixture
def pods(manifests: list[Manifest]) -> list[PodTemplate]:
    return list(pod_templates(manifests))


def test_every_pod_runs_as_a_user_without_rights(pods: list[PodTemplate]) -> None:
    for pod in pods:
        security = pod.spec["securityContext"]
        assert security["runAsNonRoot"] is True, pod.owner
        assert security["runAsUser"] > 0, pod.owner
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, pod.owner
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys(), pod.owner
        assert not any("hostPath" in volume for volume in pod.spec["volumes"]), pod.owner
        for container in pod.containers:
            expected = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            assert container["securityContext"] == expected, pod.owner


def test_no_pod_mounts_a_service_account_token_but_the_autoscaler(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    for pod in pods:
        assert pod.spec["automountServiceAccountToken"] is False, pod.owner
        assert not any(mount["name"] == "autoscaler-token" for container in pod.containers for mount in container["volumeMounts"])
    assert all(account["automountServiceAccountToken"] is False for account in manifests if account["kind"] == "ServiceAccount")
    ray = only(manifests, "RayService")["spec"]["rayClusterConfig"]
    assert "autoscaler-token" in [mount["name"] for mount in ray["autoscalerOptions"]["volumeMounts"]]


def test_secrets_come_by_reference_and_each_part_sees_only_its_own(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    assert not [manifest for manifest in manifests if manifest["kind"] == "Secret"]
    for pod in pods:
        assert pod.secrets == SECRETS_OF_A_PART.get(pod.part, SECRETS_OF_THE_PATH | pod.secrets & {"RAY_AUTH_TOKEN"}), pod.owner


def test_no_plain_value_is_named_or_shaped_like_a_secret(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    plain = dict(only(manifests, "ConfigMap")["data"])
    for pod in pods:
        plain |= {variable["name"]: variable["value"] for variable in pod.variables if "value" in variable}
    for name, value in plain.items():
        assert not name.endswith(("PASSWORD", "SEED", "TOKEN", "SECRET", "POSTGRES__URL", "VALKEY__URL", "TRACKING_URI")), name
        assert "@" not in value, name


def test_every_container_states_its_resources(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    autoscaler = only(manifests, "RayService")["spec"]["rayClusterConfig"]["autoscalerOptions"]
    for container in [*(container for pod in pods for container in pod.containers), autoscaler]:
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]


def test_every_container_that_listens_has_all_three_probes(pods: list[PodTemplate]) -> None:
    for pod in pods:
        for container in pod.containers:
            if "ports" in container:
                assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys(), pod.owner
                named = {port["name"] for port in container["ports"]}
                assert container["livenessProbe"]["httpGet"]["port"] in named, pod.owner


def test_one_policy_closes_every_pod_in_both_directions(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    closed = next(policy for policy in _policies(manifests) if policy["metadata"]["name"].endswith("-closed"))
    assert closed["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed["spec"]
    assert [{port["port"] for port in rule["ports"]} for rule in closed["spec"]["egress"]] == [{53}]
    assert all(closed["spec"]["podSelector"]["matchLabels"].items() <= pod.labels.items() for pod in pods)


def test_rays_dashboard_answers_rays_own_pods_and_the_operator_alone(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    head = next(pod for pod in pods if pod.owner.endswith("/head"))
    rules = [rule for policy in _policies(manifests) if _selects(policy, head) for rule in policy["spec"].get("ingress", [])]
    dashboard = [rule for rule in rules if not rule.get("ports") or {"port": "dashboard"} in rule["ports"]]
    peers = [peer["podSelector"]["matchLabels"] for rule in dashboard for peer in rule["from"]]
    assert [peer.get("fleetguard/ray") or peer.get("app.kubernetes.io/name") for peer in peers] == ["member", "kuberay-operator"]
    assert "enableIngress" not in only(manifests, "RayService")["spec"]["rayClusterConfig"]["headGroupSpec"]
    published = [
        backend["service"]["name"] for ingress in manifests if ingress["kind"] == "Ingress" for backend in _backends(ingress)
    ]
    assert set(published) <= {"fleetguard-api"}


def test_a_part_reaches_the_stores_it_has_secrets_for_and_each_has_a_policy(
    manifests: list[Manifest], pods: list[PodTemplate]
) -> None:
    opened = {
        label for policy in _policies(manifests) for label in policy["spec"]["podSelector"]["matchLabels"] if "reaches-" in label
    }
    for pod in pods:
        reached = {label for label in pod.labels if label.startswith("fleetguard/reaches-")}
        assert reached <= opened, pod.owner
        needed = {store for name, store in STORE_OF_A_SECRET.items() if name in pod.secrets}
        assert {f"fleetguard/reaches-{store}" for store in needed} <= reached, pod.owner


def test_ray_asks_for_a_token_and_keeps_its_state_in_redis_by_secret(manifests: list[Manifest]) -> None:
    cluster = only(manifests, "RayService")["spec"]["rayClusterConfig"]
    assert cluster["authOptions"] == {"mode": "token", "secretName": "fleetguard-ray-token"}
    assert cluster["gcsFaultToleranceOptions"]["redisPassword"]["valueFrom"]["secretKeyRef"]["key"] == "password"
    assert "externalStorageNamespace" not in cluster["gcsFaultToleranceOptions"]


def test_the_readme_makes_every_secret_and_key_that_a_default_release_needs() -> None:
    manifests = documents({})
    cluster = only(manifests, "RayService")["spec"]["rayClusterConfig"]
    references = [
        variable["valueFrom"]["secretKeyRef"]
        for pod in pod_templates(manifests)
        for variable in pod.variables
        if "valueFrom" in variable
    ]
    references.append(cluster["gcsFaultToleranceOptions"]["redisPassword"]["valueFrom"]["secretKeyRef"])
    needed = {(reference["name"], reference["key"]) for reference in references}
    needed.add((cluster["authOptions"]["secretName"], "auth_token"))
    made = re.findall(r"create secret generic (\S+) (.+)$", README.read_text(), flags=re.MULTILINE)
    assert {(name, key) for name, files in made for key in re.findall(r"--from-file=([\w-]+)", files)} == needed


def _policies(manifests: list[Manifest]) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == "NetworkPolicy"]


def _selects(policy: Manifest, pod: PodTemplate) -> bool:
    return bool(policy["spec"]["podSelector"]["matchLabels"].items() <= pod.labels.items())


def _backends(ingress: Manifest) -> list[Manifest]:
    return [path["backend"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
