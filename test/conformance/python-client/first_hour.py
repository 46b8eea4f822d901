"""The first hour of an app with the Python client `cloudfoundry-client`, against the platform that the environment names.

Prints one JSON line a step: {"name": …, "error": null or text}. A step that fails does not stop the next ones: those
that need its result fail with it, and the list shows what works all the same.
"""

import json
import os
import socket
import time
import traceback
import zipfile
from pathlib import Path

import requests
from cloudfoundry_client.client import CloudFoundryClient
from cloudfoundry_client.errors import InvalidStatusCode
from cloudfoundry_client.v3.entities import ToManyRelationship, ToOneRelationship
from cloudfoundry_client.v3.packages import PackageType

API = os.environ["INGOT_API"]
CA = os.environ["INGOT_CA"]
PASSWORD = os.environ["INGOT_PASSWORD"]
APP_DIR = Path(os.environ["INGOT_APP_DIR"])
WORK = Path(os.environ["INGOT_WORK"])
ROUTER_PORT = int(os.environ["INGOT_HTTP_PORT"])
HOST = "python-hello"

# Most resolvers do not know names below .localhost; browsers and curl do, and so does this test.
real_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host, *args, **kwargs):
    return real_getaddrinfo("127.0.0.1" if str(host).endswith(".localhost") else host, *args, **kwargs)


socket.getaddrinfo = getaddrinfo

known = {}
steps = []


def step(name):
    def add(function):
        steps.append((name, function))
        return function

    return add


def eventually(condition, within=60, every=0.2):
    end = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {condition.__doc__ or 'condition'}")
        time.sleep(every)


def refused(action):
    """The status and the first error of a call that the platform has to refuse."""
    try:
        action()
    except InvalidStatusCode as failure:
        return failure.status_code.value, failure.body["errors"][0]
    raise AssertionError("was not refused")


def url(path):
    return f"{API}{path}"


@step("the root document leads to UAA, and a password to a token")
def login():
    client = CloudFoundryClient(API, verify=CA, proxy={"http": "", "https": ""})
    client.init_with_user_credentials("admin", PASSWORD)
    assert client.info.api_v3_url == f"{API}/v3"
    known["client"] = client
    known["v3"] = client.v3


@step("a wrong password is refused by UAA")
def wrong_password():
    client = CloudFoundryClient(API, verify=CA, proxy={"http": "", "https": ""})
    try:
        client.init_with_user_credentials("admin", "wrong")
    except Exception as failure:
        assert "401" in str(failure) or "Bad credentials" in str(failure), failure
        return
    raise AssertionError("was not refused")


@step("a refresh token gives a new access token")
def refresh():
    again = CloudFoundryClient(API, verify=CA, proxy={"http": "", "https": ""})
    again.init_with_token(known["client"].refresh_token)
    assert again.v3.organizations.len() >= 0


@step("an organization is created, found by name, labelled and read again")
def organization():
    v3 = known["v3"]
    created = v3.organizations.create("python-org", False, meta_labels={"team": "snakes"})
    known["org"] = created
    found = v3.organizations.get_first(names="python-org")
    assert found["guid"] == created["guid"]
    assert v3.organizations[created["guid"]]["metadata"]["labels"] == {"team": "snakes"}
    assert [one["name"] for one in v3.organizations.list(label_selector="team=snakes")] == ["python-org"]


@step("a second organization of the name is refused with CF-UnprocessableEntity")
def duplicate():
    status, error = refused(lambda: known["v3"].organizations.create("python-org", False))
    assert (status, error["code"], error["title"]) == (422, 10008, "CF-UnprocessableEntity"), error
    assert "python-org" in error["detail"], error


@step("spaces are created and listed page by page")
def spaces():
    v3 = known["v3"]
    guid = known["org"]["guid"]
    names = ["python-space", "second", "third"]
    known["space"], *_ = [v3.spaces.create(name, guid) for name in names]
    listed = v3.spaces.list(organization_guids=guid, per_page=1, order_by="name")
    assert listed.total_results == 3
    assert [space["name"] for space in listed] == names
    assert v3.spaces.len(organization_guids=guid) == 3


@step("links of an entity lead to its neighbours, include brings them along")
def links():
    v3 = known["v3"]
    assert known["space"].organization()["name"] == "python-org"
    space = next(iter(v3.spaces.list(guids=known["space"]["guid"], include="organization")))
    assert space.organization()["name"] == "python-org"


@step("organization quota: created, applied, read, removed")
def quota():
    client = known["client"]
    body = {"name": "python-quota", "apps": {"total_memory_in_mb": 4096}}
    created = client.post(url("/v3/organization_quotas"), json=body).json()
    applied = known["v3"].organization_quotas.apply_to_organizations(
        created["guid"], ToManyRelationship(known["org"]["guid"])
    )
    assert known["org"]["guid"] in applied.guids
    org = known["v3"].organizations[known["org"]["guid"]]
    assert org["relationships"]["quota"]["data"]["guid"] == created["guid"]


@step("users and roles: a developer is made and given a space")
def roles():
    client = known["client"]
    v3 = known["v3"]
    roles = v3.roles
    body = {
        "type": "organization_user",
        "relationships": {"user": {"data": {"username": "admin"}}, "organization": {"data": {"guid": known["org"]["guid"]}}},
    }
    client.post(url("/v3/roles"), json=body)
    body = {
        "type": "space_developer",
        "relationships": {"user": {"data": {"username": "admin"}}, "space": {"data": {"guid": known["space"]["guid"]}}},
    }
    role = client.post(url("/v3/roles"), json=body).json()
    types = [one["type"] for one in roles.list(space_guids=known["space"]["guid"])]
    assert "space_developer" in types, types
    roles.remove(role["guid"], asynchronous=False)


@step("the domain of apps is the organization's default")
def domain():
    v3 = known["v3"]
    known["domain"] = v3.organizations.get_default_domain(known["org"]["guid"])
    assert known["domain"]["name"] in [one["name"] for one in v3.organizations.list_domains(known["org"]["guid"])]


@step("stacks, buildpacks, feature flags and security groups are listed")
def lists():
    v3 = known["v3"]
    assert "cflinuxfs4" in [stack["name"] for stack in v3.stacks.list()]
    names = [buildpack["name"] for buildpack in v3.buildpacks.list(order_by="position")]
    # The most careful comes first, what takes everything last.
    assert names[:2] == ["staticfile_buildpack", "nodejs_buildpack"] and names[-1] == "binary_buildpack", names
    assert "diego_docker" in [flag["name"] for flag in v3.feature_flags.list()]
    groups = [group["name"] for group in v3.security_groups.list()]
    assert {"public_networks", "dns"} <= set(groups), groups


@step("an app is created with its environment")
def app():
    v3 = known["v3"]
    body = {
        "name": HOST,
        "relationships": {"space": ToOneRelationship(known["space"]["guid"])},
        "environment_variables": {"GREETING": "hi"},
        "lifecycle": {"type": "buildpack", "data": {"buildpacks": ["nodejs_buildpack"], "stack": "cflinuxfs4"}},
    }
    known["app"] = v3.apps._create(body)
    assert known["app"]["state"] == "STOPPED"
    assert v3.apps.get_env(known["app"]["guid"])["environment_variables"] == {"GREETING": "hi"}
    assert known["app"].space()["name"] == "python-space"


@step("a package is uploaded as a form and becomes READY")
def package():
    v3 = known["v3"]
    archive = WORK / "app.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bits:
        for path in sorted(APP_DIR.rglob("*")):
            if path.is_file():
                bits.write(path, path.relative_to(APP_DIR))
    created = v3.packages.create(known["app"]["guid"], PackageType.BITS)
    assert created["state"] == "AWAITING_UPLOAD"
    v3.packages._upload_bits(created["guid"], str(archive))

    def ready():
        """the package is READY"""
        one = v3.packages[created["guid"]]
        assert one["state"] != "FAILED", one
        return one if one["state"] == "READY" else None

    known["package"] = eventually(ready)
    assert [one["guid"] for one in v3.apps.list_packages(known["app"]["guid"])] == [created["guid"]]


@step("a build stages the package into a droplet that names its buildpack")
def build():
    client = known["client"]
    started = client.post(url("/v3/builds"), json={"package": {"guid": known["package"]["guid"]}}).json()

    def staged():
        """the build is STAGED"""
        one = client.get(url(f"/v3/builds/{started['guid']}")).json()
        assert one["state"] != "FAILED", one
        return one if one["state"] == "STAGED" else None

    droplet = known["v3"].droplets[eventually(staged, within=180, every=0.5)["droplet"]["guid"]]
    known["droplet"] = droplet
    assert droplet["state"] == "STAGED"
    assert [one["name"] for one in droplet["buildpacks"]] == ["nodejs_buildpack"], droplet["buildpacks"]
    assert droplet["process_types"] == {"web": "node server.js"}, droplet["process_types"]
    relationship = {"data": {"guid": droplet["guid"]}}
    client.patch(url(f"/v3/apps/{known['app']['guid']}/relationships/current_droplet"), json=relationship)


@step("a route with the app as destination")
def route():
    v3 = known["v3"]
    created = v3.routes.create(known["space"]["guid"], known["domain"]["guid"], host=HOST)
    known["route"] = created
    body = {"destinations": [{"app": {"guid": known["app"]["guid"]}}]}
    known["client"].post(url(f"/v3/routes/{created['guid']}/destinations"), json=body)
    assert [one["guid"] for one in v3.apps.list_routes(known["app"]["guid"])] == [created["guid"]]


@step("the started app runs and answers over its route")
def start():
    client = known["client"]
    guid = known["app"]["guid"]
    client.patch(url(f"/v3/apps/{guid}/relationships/current_droplet"), json={"data": {"guid": known["droplet"]["guid"]}})
    client.post(url(f"/v3/apps/{guid}/actions/start"))
    process = next(one for one in known["app"].processes() if one["type"] == "web")
    known["process"] = process

    def running():
        """the instance runs"""
        stats = client.get(url(f"/v3/processes/{process['guid']}/stats")).json()["resources"]
        return [one["state"] for one in stats] == ["RUNNING"]

    eventually(running, within=90)
    answer = eventually(lambda: answers(200), within=10)
    assert HOST in answer.text and "instance 0" in answer.text, answer.text


def answers(status):
    name = f"{HOST}.{known['domain']['name']}"
    answer = requests.get(f"http://127.0.0.1:{ROUTER_PORT}/", headers={"Host": name}, timeout=10)
    known["last answer"] = f"{answer.status_code} {answer.text[:200]}"
    return answer if answer.status_code == status else None


@step("scaling adds an instance that the statistics show")
def scale():
    client = known["client"]
    guid = known["process"]["guid"]
    client.post(url(f"/v3/processes/{guid}/actions/scale"), json={"instances": 2})

    def two():
        """two instances run"""
        stats = client.get(url(f"/v3/processes/{guid}/stats")).json()["resources"]
        return [one["state"] for one in stats] == ["RUNNING", "RUNNING"]

    eventually(two, within=60)
    client.post(url(f"/v3/processes/{guid}/actions/scale"), json={"instances": 1})


@step("restart gives the app back to its route")
def restart():
    known["v3"].apps.restart(known["app"]["guid"])
    eventually(lambda: answers(200), within=60)


@step("a task runs and succeeds, another one is cancelled")
def tasks():
    v3 = known["v3"]
    task = v3.tasks.create(known["app"]["guid"], "echo done", name="quick")

    def succeeded():
        """the task has SUCCEEDED"""
        state = v3.tasks[task["guid"]]["state"]
        assert state != "FAILED", v3.tasks[task["guid"]]
        return state == "SUCCEEDED"

    eventually(succeeded, within=60)
    long = v3.tasks.create(known["app"]["guid"], "sleep 300", name="long")
    v3.tasks.cancel(long["guid"])
    eventually(lambda: v3.tasks[long["guid"]]["state"] == "FAILED", within=60)
    assert {one["name"] for one in v3.tasks.list(app_guids=known["app"]["guid"])} == {"quick", "long"}


@step("manifest, revisions and droplets of the app are read")
def reading():
    v3 = known["v3"]
    guid = known["app"]["guid"]
    assert f"name: {HOST}" in v3.apps.get_manifest(guid)
    assert [one["guid"] for one in v3.apps.list_droplets(guid)] == [known["droplet"]["guid"]]
    assert next(iter(v3.apps.list_revisions(guid)))["version"] == 1


@step("package and droplet are copied to another app")
def copies():
    v3 = known["v3"]
    body = {"name": "python-copy", "relationships": {"space": ToOneRelationship(known["space"]["guid"])}}
    other = v3.apps._create(body)
    known["other"] = other
    package = v3.packages.copy(known["package"]["guid"], other["guid"])
    eventually(lambda: v3.packages[package["guid"]]["state"] == "READY", within=30)
    droplet = v3.droplets.copy(known["droplet"]["guid"], other["guid"])
    eventually(lambda: v3.droplets[droplet["guid"]]["state"] == "STAGED", within=60)


@step("a buildpack is created, uploaded and removed")
def buildpack():
    v3 = known["v3"]
    archive = WORK / "own_buildpack.zip"
    with zipfile.ZipFile(archive, "w") as bits:
        for name in ["detect", "compile", "release"]:
            bits.writestr(f"bin/{name}", "#!/bin/sh\n")
    created = v3.buildpacks.create("snake_buildpack", position=9)
    v3.buildpacks.upload(created["guid"], str(archive), asynchronous=False)
    uploaded = v3.buildpacks[created["guid"]]
    assert (uploaded["state"], uploaded["filename"]) == ("READY", "own_buildpack.zip"), uploaded
    v3.buildpacks.remove(created["guid"], asynchronous=False)
    assert refused(lambda: v3.buildpacks[created["guid"]])[0] == 404


@step("a broker is registered, and its plan made public")
def broker():
    v3 = known["v3"]
    v3.service_brokers.create("python-broker", os.environ["INGOT_BROKER"], "cc", "secret")

    def offered():
        """the plans are there"""
        return list(v3.service_plans.list(names="small"))

    known["plan"] = eventually(offered)[0]
    assert v3.service_offerings.get_first(names="db")["shareable"] is True
    v3.service_plans.update_visibility(known["plan"]["guid"], "public")
    assert v3.service_plans.get_visibility(known["plan"]["guid"])["type"] == "public"


@step("a service instance is created, bound to the app, given a key, and removed with the broker")
def service():
    v3 = known["v3"]
    v3.service_instances.create("python-db", known["space"]["guid"], known["plan"]["guid"], tags=["fast"])

    def made():
        """the instance is made"""
        one = v3.service_instances.get_first(names="python-db")
        return one if one["last_operation"]["state"] == "succeeded" else None

    guid = eventually(made)["guid"]
    bind = v3.service_credential_bindings.create
    bind("python-store", "app", guid, known["app"]["guid"], None, None, None, asynchronous=False)
    bind("python-key", "key", guid, None, None, None, None, asynchronous=False)
    bindings = list(v3.service_credential_bindings.list(service_instance_guids=guid, order_by="created_at"))
    assert [(one["name"], one["type"]) for one in bindings] == [("python-store", "app"), ("python-key", "key")], bindings
    assert v3.service_instances.get_permissions(guid) == {"read": True, "manage": True}
    v3.service_instances.remove(guid, asynchronous=False)  # its bindings go with it
    assert v3.service_credential_bindings.len(service_instance_guids=guid) == 0
    v3.service_brokers.remove(v3.service_brokers.get_first(names="python-broker")["guid"], asynchronous=False)
    assert v3.service_plans.len() == 0


@step("an isolation segment is made, allowed to the organization and taken away again")
def segment():
    v3 = known["v3"]
    guid = v3.isolation_segments.create("python-segment")["guid"]
    v3.isolation_segments.entitle_organizations(guid, known["org"]["guid"])
    assert known["org"]["guid"] in v3.isolation_segments.list_entitled_organizations(guid).guids
    v3.isolation_segments.revoke_organization(guid, known["org"]["guid"])
    v3.isolation_segments.remove(guid)
    assert refused(lambda: v3.isolation_segments[guid])[0] == 404


@step("the audit events tell what happened to the app")
def events():
    types = {event["type"] for event in known["v3"].audit_events.list(target_guids=known["app"]["guid"], per_page=100)}
    wanted = {"audit.app.create", "audit.app.start", "audit.app.build.create", "audit.app.package.create"}
    assert wanted <= types, types


@step("what is not there is refused with CF-ResourceNotFound")
def missing():
    status, error = refused(lambda: known["v3"].apps["00000000-0000-0000-0000-000000000000"])
    assert (status, error["code"], error["title"]) == (404, 10010, "CF-ResourceNotFound"), error


@step("a query that the platform does not know is refused with CF-BadQueryParameter")
def bad_query():
    status, error = refused(lambda: list(known["v3"].apps.list(nonsense="1")))
    assert (status, error["code"], error["title"]) == (400, 10005, "CF-BadQueryParameter"), error


@step("a removed app leaves its route, a removed organization takes everything with it")
def removal():
    v3 = known["v3"]

    def gone():
        """the route answers 404"""
        return answers(404) is not None  # an answer of 404 is false by itself

    v3.apps.remove(known["app"]["guid"], asynchronous=False)
    eventually(gone, within=30)
    v3.organizations.remove(known["org"]["guid"], asynchronous=False)
    assert v3.spaces.len(organization_guids=known["org"]["guid"]) == 0
    assert refused(lambda: v3.organizations[known["org"]["guid"]])[0] == 404


for name, function in steps:
    error = None
    try:
        function()
    except BaseException as failure:  # also the client's own asserts and exits
        error = f"{type(failure).__name__}: {failure}\n{traceback.format_exc(limit=-2)}"
        error += f"\nlast answer over the route: {known.get('last answer')}"
    print(json.dumps({"name": name, "error": error}), flush=True)
