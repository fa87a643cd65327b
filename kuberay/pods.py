"""The pods that a set of manifests makes, whatever kind makes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]


@dataclass(frozen=True)
class PodTemplate:
    """`owner` is `Kind/name`, with the group's name for Ray's pods."""

    owner: str
    labels: dict[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def part(self) -> str:
        return self.labels["app.kubernetes.io/component"]

    @property
    def variables(self) -> list[Manifest]:
        return [variable for container in self.containers for variable in container.get("env", [])]

    @property
    def secrets(self) -> set[str]:
        """Names of the variables that come from a Secret."""
        return {variable["name"] for variable in self.variables if "secretKeyRef" in variable.get("valueFrom", {})}


def pod_templates(manifests: list[Manifest]) -> Iterator[PodTemplate]:
    for manifest in manifests:
        owner = f"{manifest['kind']}/{manifest['metadata']['name']}"
        for suffix, template in _templates(manifest["kind"], manifest.get("spec", {})):
            yield PodTemplate(owner + suffix, template["metadata"]["labels"], template["spec"])


def _templates(kind: str, spec: Manifest) -> Iterator[tuple[str, Manifest]]:
    if kind in ("Deployment", "Job"):
        yield "", spec["template"]
    elif kind == "CronJob":
        yield "", spec["jobTemplate"]["spec"]["template"]
    elif kind == "RayService":
        cluster = spec["rayClusterConfig"]
        yield "/head", cluster["headGroupSpec"]["template"]
        for group in cluster["workerGroupSpecs"]:
            yield f"/{group['groupName']}", group["template"]


def only(manifests: list[Manifest], kind: str) -> Manifest:
    """The one manifest of a kind that a release has once."""
    (found,) = [manifest for manifest in manifests if manifest["kind"] == kind]
    return found
