"""The chart and the image refer to the program as it is."""

import re
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from ray.serve import Deployment
from ray.serve._private.api import call_user_app_builder_with_args_if_necessary
from ray.serve._private.build_app import build_app
from ray.serve.schema import ServeApplicationSchema, ServeDeploySchema
from typer.testing import CliRunner

from fleet.settings import Settings
from fleetguard.main import app
from kuberay.pods import Manifest, PodTemplate, only, pod_templates
from kuberay.render import RELEASES, documents, release_values

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = REPOSITORY / "kuberay/Dockerfile"
INGEST_ACTOR_CPUS = 0.2  # ingest.actor.start_actors
RAY_AS_MEASURED = {
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1000",
    "RAY_SERVE_LOG_TO_STDERR": "0",
}


@pytest.fixture(params=RELEASES)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return documents(release_values(request.param))


@pytest.fixture
def pods(manifests: list[Manifest]) -> list[PodTemplate]:
    return list(pod_templates(manifests))


def _setting_names(model: type[BaseModel], prefix: str) -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        nested = isinstance(kind, type) and issubclass(kind, BaseModel)
        names |= _setting_names(kind, f"{prefix}{name.upper()}__") if nested else {f"{prefix}{name.upper()}"}  # type: ignore[arg-type]
    return names


def test_every_setting_that_is_set_exists(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    settings = only(manifests, "ConfigMap")["data"]
    of_pods = {variable["name"] for pod in pods for variable in pod.variables}
    used = set(settings) | {name for name in of_pods if name.startswith("FLEETGUARD_")}
    assert used <= _setting_names(Settings, "FLEETGUARD_")


def test_the_settings_are_accepted_by_the_program(manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = only(manifests, "ConfigMap")["data"]
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    read = Settings(_env_file=None)  # type: ignore[call-arg]
    assert read.ray.address == "fleetguard-head-svc:6379"
    assert read.api.port == 8000


def test_every_command_exists(pods: list[PodTemplate]) -> None:
    scripts = {script.name for script in entry_points(group="console_scripts")}
    for pod in pods:
        for container in pod.containers:
            words = " ".join([*container.get("command", []), *container.get("args", [])])
            for module in re.findall(r"python,? -m (\S+)", words):
                assert find_spec(module), f"{pod.owner}: no module {module}"
            for target in re.findall(r"uvicorn (\S+):create_app --factory", words):
                assert find_spec(target), f"{pod.owner}: no module {target}"
            for program in re.findall(r"(?:^|exec |\n)(fleetguard|uvicorn|mlflow|ray) ", words):
                assert program in scripts, f"{pod.owner}: no program {program}"


def test_the_fleetguard_commands_that_pods_run_exist(pods: list[PodTemplate]) -> None:
    commands = {tuple(container.get("command", ())) for pod in pods for container in pod.containers}
    run = [command[1:] for command in commands if command[:1] == ("fleetguard",)]
    assert run
    for words in run:
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0, words


def test_split_the_serve_config_is_the_one_of_the_repository() -> None:
    written = yaml.safe_load((REPOSITORY / "serve/config.yaml").read_text())
    for application in written["applications"]:
        application["args"] = {**application.get("args", {}), "placement": "split"}
    assert _serve_config(documents({})) == written


def test_colocated_only_placement_replicas_and_the_list_of_deployments_differ() -> None:
    written = yaml.safe_load((REPOSITORY / "serve/config.yaml").read_text())
    for application in written["applications"]:
        application.pop("deployments", None)
        application["args"] = {**application.get("args", {}), "placement": "colocated", "replicas": 2}
    assert _serve_config(documents({"serve": {"placement": "colocated", "colocatedReplicas": 2}})) == written


def test_the_graph_has_every_deployment_that_the_serve_config_names(manifests: list[Manifest]) -> None:
    for application in ServeDeploySchema.model_validate(_serve_config(manifests)).applications:
        built = {deployment.name for deployment in _graph(application)}
        assert {deployment.name for deployment in application.deployments} <= built


def test_the_fewest_workers_hold_the_ingest_actors_and_two_graphs_during_an_upgrade(manifests: list[Manifest]) -> None:
    (application,) = ServeDeploySchema.model_validate(_serve_config(manifests)).applications
    replicas = {deployment.name: deployment.num_replicas for deployment in application.deployments}
    graph = sum(
        deployment.ray_actor_options["num_cpus"] * replicas.get(deployment.name, deployment.num_replicas)
        for deployment in _graph(application)
    )
    actors = int(only(manifests, "ConfigMap")["data"]["FLEETGUARD_INGEST__ACTORS"])
    (group,) = only(manifests, "RayService")["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    worker_cpus = int(group["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"])
    assert 2 * graph + INGEST_ACTOR_CPUS * actors <= group["minReplicas"] * worker_cpus


def _serve_config(manifests: list[Manifest]) -> Manifest:
    return dict(yaml.safe_load(only(manifests, "RayService")["spec"]["serveConfigV2"]))


def _graph(application: ServeApplicationSchema) -> list[Deployment]:
    module, builder = application.import_path.split(":")
    app = call_user_app_builder_with_args_if_necessary(getattr(import_module(module), builder), application.args)
    return list(build_app(app, name=application.name).deployments)


def test_pods_of_ray_open_the_port_that_serve_listens_on(manifests: list[Manifest], pods: list[PodTemplate]) -> None:
    port = _serve_config(manifests).get("http_options", {}).get("port", 8000)
    named = [
        {each["name"]: each["containerPort"] for each in pod.containers[0]["ports"]}
        for pod in pods
        if pod.owner.startswith("RayService")
    ]
    assert [ports["serve"] for ports in named] == [port] * 2


def test_every_process_of_ray_has_the_environment_that_was_measured(pods: list[PodTemplate]) -> None:
    members = [pod for pod in pods if pod.labels.get("fleetguard/ray") == "member"]
    assert {pod.part for pod in members} == {"ray-head", "ray-worker", "pipeline"}
    for pod in members:
        environment = {variable["name"]: variable.get("value") for variable in pod.containers[0]["env"]}
        assert environment.items() >= RAY_AS_MEASURED.items(), pod.owner
        assert "RAY_SERVE_THROUGHPUT_OPTIMIZED" not in environment


def test_the_head_takes_no_work_and_upgrades_start_a_new_cluster(manifests: list[Manifest]) -> None:
    service = only(manifests, "RayService")["spec"]
    assert service["upgradeStrategy"] == {"type": "NewCluster"}
    assert service["rayClusterConfig"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_the_chart_names_the_ray_that_the_image_installs(manifests: list[Manifest]) -> None:
    (pinned,) = re.findall(r"^ray==(.+)$", (REPOSITORY / "constraints.txt").read_text(), flags=re.MULTILINE)
    service = only(manifests, "RayService")["spec"]
    assert service["rayClusterConfig"]["rayVersion"] == pinned


def _instructions(name: str) -> list[list[str]]:
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return [line.split()[1:] for line in text.splitlines() if line.startswith(f"{name} ")]


def test_every_copy_of_the_image_has_its_source() -> None:
    sources = [source for words in _instructions("COPY") if not words[0].startswith("--from") for source in words[:-1]]
    assert [source for source in sources if not (REPOSITORY / source).exists()] == []


def test_every_package_of_the_program_is_in_the_image_and_let_through_to_its_build() -> None:
    packages = re.findall(
        r'"(\w+)"', re.findall(r"^packages = \[(.+)\]$", (REPOSITORY / "pyproject.toml").read_text(), flags=re.MULTILINE)[0]
    )
    copied = {word.split("/")[0] for words in _instructions("COPY") for word in words[:-1]}
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert set(packages) <= copied
    assert {f"!{package}" for package in packages} <= set(ignored)
    assert "*" in ignored


def test_the_image_runs_as_the_user_the_pods_run_as(pods: list[PodTemplate]) -> None:
    (user,) = _instructions("USER")
    for pod in pods:
        security = pod.spec["securityContext"]
        assert user == [f"{security['runAsUser']}:{security['runAsGroup']}"], pod.owner


def test_the_image_takes_no_secret_and_no_moving_base() -> None:
    assert _instructions("ARG") == []
    assert not re.search(r"PASSWORD|TOKEN|SECRET|_SEED", DOCKERFILE.read_text())
    assert all(":" in words[0] and not words[0].endswith(":latest") for words in _instructions("FROM"))
