"""The hand-written Serve config parses, imports and names the deployments that the builder makes."""

import importlib
from pathlib import Path

import pytest
import yaml
from ray.serve.schema import ServeDeploySchema

from serve.graph import GraphArgs, build_app

CONFIG = Path(__file__).parents[2] / "serve" / "config.yaml"


@pytest.fixture(scope="module")
def config() -> ServeDeploySchema:
    return ServeDeploySchema.model_validate(yaml.safe_load(CONFIG.read_text()))


def deployment_names(app) -> set[str]:
    names, waiting = set(), [app]
    while waiting:
        bound = waiting.pop()._bound_deployment
        names.add(bound.name)
        for argument in (*bound.init_args, *bound.init_kwargs.values()):
            items = argument if isinstance(argument, list | tuple) else [argument]
            waiting += [item for item in items if type(item).__name__ == "Application"]
    return names


def test_every_import_path_is_a_builder_that_takes_the_config_s_arguments(config):
    for application in config.applications:
        module, _, name = application.import_path.partition(":")
        assert getattr(importlib.import_module(module), name) is build_app
        GraphArgs.model_validate(application.args)


def test_the_config_names_exactly_the_deployments_of_the_split_graph(config):
    (application,) = config.applications
    built = deployment_names(build_app(GraphArgs.model_validate(application.args)))
    assert {deployment.name for deployment in application.deployments} == built


def test_the_colocated_graph_is_one_deployment():
    assert deployment_names(build_app(GraphArgs(placement="colocated"))) == {"Colocated"}


def test_serve_listens_on_loopback_only(config):
    assert config.http_options.host == "127.0.0.1"
