import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FakeBroker, type FakeOffering } from "../../src/capi/cloud-controller/testing/fake-broker.ts";
import { OFFERINGS } from "../../src/capi/cloud-controller/testing/services-world.ts";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";
import { CfSession } from "./cf-session.ts";

const DOMAIN = "apps.cf.localhost";
const GUID = /[0-9a-f]{8}-[0-9a-f-]{27}/;

let ingot: BootedIngot;
let broker: FakeBroker;
let me: CfSession;
/** Until then work that was asked for with `{"slow":true}` goes on. */
let isReleased = false;

before(async () => {
  me = new CfSession();
  broker = await FakeBroker.start(OFFERINGS.filter(({ name }) => name !== "disk"));
  broker.rule("GET", /\/last_operation$/, () => ({
    status: 200,
    body: isReleased ? { state: "succeeded" } : { state: "in progress", description: "busy" },
  }));
  broker.rule("PUT", /./, slowly);
  broker.rule("PATCH", /./, slowly);
  broker.rule("GET", /\/service_instances\/[^/]+$/, { status: 200, body: { parameters: { z: 1, a: "<x>" } } });
  broker.rule("GET", /\/service_bindings\/[^/]+$/, {
    status: 200,
    body: { credentials: { user: "u", b: { z: 1, a: 2 } } },
  });
  ingot = await bootIngot();
  await me.login(ingot.apiUrl, ingot.adminPassword, "acme", "dev");
  await me.run(
    ["create-space other", /OK/],
    ["create-app dora", /OK/],
    [`create-service-broker databases cc secret ${broker.url}`, /Creating service broker databases as admin\.\.\.\nOK/],
  );
});
after(async () => {
  await ingot?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
  me?.[Symbol.dispose]();
});

function slowly({ path, body }: { readonly path: string; readonly body: Record<string, unknown> }) {
  const parameters = body["parameters"] as { readonly slow?: boolean; readonly fail?: boolean } | undefined;
  if (parameters?.fail === true) return { status: 500, body: { description: "it broke" } };
  if (parameters?.slow !== true) return undefined;
  broker.holds.add(path.split("/").at(-1)!);
  return { status: 202, body: { operation: "slow" } };
}

test("brokers are made, listed, renamed, updated and removed; passwords come from arguments, environment or keyboard", async () => {
  await me.run(
    [`create-service-broker databases cc secret ${broker.url}`, /Name must be unique\nFAILED/, 1],
    [
      "create-service-broker gone cc secret http://127.0.0.1:1",
      /Job \(.*\) failed: The service broker could not be reached\nFAILED/,
      1,
    ],
    ["delete-service-broker gone -f", /Deleting service broker gone\.\.\.\nOK/],
    ["create-service-broker gone cc", /the required argument `URL` was not provided/, 1],
  );
  const scoped = ["create-service-broker", "own", "cc", broker.url, "--space-scoped"];
  const made = await me.cf(scoped, "", { CF_BROKER_PASSWORD: "from-environment" });
  assert.match(made.output, /Creating service broker own in org acme \/ space dev as admin\.\.\.\nOK/);
  await me.answer(
    "typed\n",
    `update-service-broker own cc ${broker.url}`,
    /Service Broker Password: \nUpdating service broker own as admin\.\.\.\nOK/,
  );
  const passwords = broker.asked("GET", /catalog/).map(({ headers }) => {
    return Buffer.from(headers.authorization!.replace("Basic ", ""), "base64").toString();
  });
  assert.deepEqual(passwords.slice(-2), ["cc:from-environment", "cc:typed"]);
  await me.run(
    ["service-brokers", /name +url\ndatabases +http:\S+\nown +http/],
    ["rename-service-broker own mine", /Renaming service broker own to mine as admin\.\.\.\nOK/],
    ["rename-service-broker own mine", /Service broker 'own' not found\.\nTIP: Use 'cf service-brokers' to see/, 1],
    [
      `create-service-broker mine cc x ${broker.url} --update-if-exists`,
      /Updating service broker mine as admin\.\.\.\nOK/,
    ],
    ["marketplace", /db +small, large, paid, unbindable, hasty +databases +mine/],
    [
      "enable-service-access db",
      /Service 'db' is provided by multiple service brokers: databases, mine\nSpecify a broker/,
      1,
    ],
    ["enable-service-access db -b mine", /You cannot change access for space-scoped service plans\.\nFAILED/, 1],
    [
      "service-access -b mine",
      /broker: mine\n {3}offering +plan +access +space\n {3}db +hasty +limited +dev \(org: acme\)/,
    ],
  );
  await me.answer(
    "n\n",
    "delete-service-broker mine",
    /Really delete the service broker mine\? \[yN\]: n\n'mine' has not been deleted/,
  );
  await me.answer("y\n", "delete-service-broker mine", /OK/);
  await me.run(["delete-service-broker mine -f", /Service broker 'mine' does not exist\.\nOK/]);
});

test("plans are opened and closed, for all or for an org", async () => {
  await me.run(
    ["service-access", /broker: databases\n {3}offering +plan +access +orgs\n {3}db +hasty +none/],
    [
      "service-access -e nope",
      /Getting service access for service offering nope as admin\.\.\.\n\nService offering 'nope' not found\.\nFAILED/,
      1,
    ],
    [
      "enable-service-access db -p small -o acme",
      /Enabling access to plan small of service offering db for org acme as admin\.\.\.\nOK/,
    ],
    [
      "service-access -o acme",
      /for organization acme as admin\.\.\.\n\nbroker: databases\n.*\n {3}db +small +limited +acme\n$/,
    ],
    ["disable-service-access db -o acme", /Did not update plan large as it already has visibility none\./],
    [
      "enable-service-access db -b databases",
      /all plans of service offering db from broker databases for all orgs as admin\.\.\.\nOK/,
    ],
    ["enable-service-access db -o acme", /Did not update plan small as it already has visibility all\./],
    ["disable-service-access db -o acme", /Cannot remove organization level access for public plans\.\nFAILED/, 1],
    [
      "disable-service-access db -p paid",
      /Disabling access to plan paid of service offering db for all orgs as admin\.\.\.\nOK/,
    ],
    ["service-access -e db", /db +paid +none +\n {3}db +small +all/],
    ["enable-service-access proxy", /OK/],
    ["enable-service-access db -p nope", /The plan 'nope' could not be found for service offering 'db'\.\nFAILED/, 1],
    [
      "marketplace -e db --show-unavailable",
      /broker: databases\n {3}plan +description +free or paid +costs +available\n {3}small +small +free +yes/,
    ],
    [
      "marketplace --no-plans",
      /offering +description +broker\ndb +databases +databases\nproxy +route service +databases\n\nTIP: /,
    ],
  );
});

test("managed instances are made, shown, updated, upgraded, renamed and deleted", async () => {
  writeFileSync(join(me.folder, "parameters.json"), '{"slow":true}');
  isReleased = false;
  await me.run(
    [
      "create-service db small one -t a,,b",
      /Creating service instance one in org acme \/ space dev as admin\.\.\.\n\nService instance one created\.\nOK/,
    ],
    ["create-service db small one", /OK\n\nService instance one already exists/],
    [
      "create-service db nope x -b databases",
      /The plan 'nope' could not be found for service offering 'db' and broker 'databases'\./,
      1,
    ],
    ["create-service db small x -c [", /Invalid configuration provided for -c flag/, 1],
    [
      'create-service db small x -w -c {"fail":true}',
      /Waiting for the operation to complete\.+\n\nJob \(.*\) failed: .*it broke\nFAILED/,
      1,
    ],
    ["create-service db small slow -c parameters.json", /Create in progress\. Use 'cf services' or 'cf service slow'/],
    ["service slow", /status: +create in progress\n {3}message: +(busy)?\n/],
    [
      "service one",
      /name: +one\nguid: +\S+\ntype: +managed\nbroker: +databases\noffering: +db\nplan: +small\ntags: +a, b\noffering tags: +relational\n/,
    ],
    [
      "service one",
      /Showing bound apps:\n {3}There are no bound apps[\s\S]*not currently being shared[\s\S]*There is no upgrade available/,
    ],
    ["service one --params", /^\{\n {2}"a": "<x>",\n {2}"z": 1\n\}\n\n$/],
    ["service one --guid", new RegExp(`^${GUID.source}\n$`)],
    ["service nope", /Service instance 'nope' not found\nFAILED/, 1],
    ["update-service one", /No flags specified\. No changes were made\.\nOK/],
    ["update-service one -p small", /No changes were made\.\nOK/],
    ["update-service one -p nope", /could not be found for service offering 'db' and broker 'databases'/, 1],
    [
      "update-service one -p large -t c",
      /Updating service instance one in org acme \/ space dev as admin\.\.\.\n\nUpdate of service instance one complete\.\nOK/,
    ],
    ["update-service one --upgrade", /please run "cf upgrade-service one" instead/, 1],
    ["services", /one +db +large +update succeeded +databases +no\n/],
    ["upgrade-service one -f", /No upgrade is available\.\nOK/],
  );
  isReleased = true;
  await me.run(
    [
      "update-service one -c parameters.json --wait",
      /Waiting for the operation to complete\.+\n\nUpdate of service instance one complete\.\nOK/,
    ],
    ["rename-service one first", /Renaming service one to first in org acme \/ space dev as admin\.\.\.\nOK/],
    [
      "rename-service one first",
      /TIP: Use 'cf services' to view all services in this org and space\.\nService instance 'one' not found\nFAILED/,
      1,
    ],
  );
  broker.services = broker.services.map((offering) => newVersion(offering, "large"));
  await me.run(
    [`update-service-broker databases cc secret ${broker.url}`, /OK/],
    [
      "service first",
      /There is an upgrade available for this service\.\n\n {3}Upgrade description: better\n {3}TIP: You can upgrade using 'cf upgrade-service first'/,
    ],
    ["services", /first +db +large +\S+ succeeded +databases +yes/],
  );
  await me.answer(
    "n\n",
    "upgrade-service first",
    /Warning: This operation may be long running[\s\S]*Upgrade cancelled/,
  );
  await me.answer("y\n", "upgrade-service first", /Upgrade of service instance first complete\.\nOK/);
  await me.answer(
    "n\n",
    "delete-service first",
    /Really delete the service instance first\? \[yN\]: n\nDelete cancelled/,
  );
  await me.run(
    ["delete-service first -f -w", /Waiting for the operation to complete\.+\n\nService instance first deleted\.\nOK/],
    ["delete-service first -f", /Service instance first did not exist\.\nOK/],
  );
  await eventually(async () => assert.match((await me.cf(["service", "slow"])).output, /create succeeded/));
  await me.run(["delete-service slow -f", /deleted/], ["delete-service x -f", /deleted/]);
});

function newVersion(offering: FakeOffering, planName: string): FakeOffering {
  const plans = (offering["plans"] as readonly { readonly name: string }[]).map((plan) =>
    plan.name === planName ? { ...plan, maintenance_info: { version: "9.0.0", description: "better" } } : plan,
  );
  return { ...offering, plans };
}

test("keys of an instance show credentials and go again", async () => {
  await me.run(
    ["create-service db small keyed", /created/],
    [
      "service-keys keyed",
      /Getting keys for service instance keyed as admin\.\.\.\n\nNo service keys for service instance keyed\n/,
    ],
    ["create-service-key keyed k", /Creating service key k for service instance keyed as admin\.\.\.\nOK/],
    ["create-service-key keyed k", /\nService key k already exists\nOK/],
    ['create-service-key keyed w -w -c {"slow":true}', /Waiting for the operation to complete\.+\n\nOK/],
    ['create-service-key keyed bad -c {"fail":true}', /Job \(.*\) failed: .*it broke\nFAILED/, 1],
    ["service-keys keyed", /name +last operation +message\nk +create succeeded +\nw +create succeeded/],
    [
      "service-key keyed w",
      /Getting key w for service instance keyed as admin\.\.\.\n\n\{\n {2}"credentials": \{\n {4}"b": \{\n {6}"a": 2,\n {6}"z": 1\n {4}\},\n/,
    ],
    ["service-key keyed k --json", /^\{\n {2}"credentials": \{\n {4}"user": "/],
    ["service-key keyed k --guid", new RegExp(`^${GUID.source}\n$`)],
    ["service-key keyed nope", /No service key nope found for service instance keyed\nFAILED/, 1],
    ["delete-service-key keyed k -f", /Deleting key k for service instance keyed as admin\.\.\.\nOK/],
    ["delete-service-key keyed k -f", /Service key k does not exist for service instance keyed\.\nOK/],
  );
  await me.answer("n\n", "delete-service-key keyed w", /Really delete the service key w\? \[yN\]: n\nDelete cancelled/);
  await me.run(["delete-service-key keyed w -f -w", /OK/], ["delete-service-key keyed bad -f", /OK/]);
  await me.run(["delete-service keyed -f", /deleted/]);
});

test("apps are bound to instances, several times where that is asked for, and unbound", async () => {
  await me.run(
    ["create-service db small bound", /created/],
    [
      'create-user-provided-service given -p {"host":"h"} -t x,y -l syslog://example.com',
      /Creating user provided service given in org acme \/ space dev as admin\.\.\.\nOK/,
    ],
    ["create-user-provided-service given", /Service instance given already exists\nOK/],
    [
      "service given",
      /type: +user-provided\ntags: +x, y\nroute service url: +\nsyslog drain url: +syslog:\/\/example\.com\n/,
    ],
    ["update-user-provided-service given", /No flags specified\. No changes were made\.\nOK/],
    ["update-user-provided-service given -l syslog://b.example.com", /OK\n\nTIP: Use 'cf restage' for any bound apps/],
    ["update-user-provided-service bound -t x", /The service instance 'bound' is not user-provided\nFAILED/, 1],
    ["update-service given -t x", /The service instance 'given' is not managed\nFAILED/, 1],
  );
  writeFileSync(join(me.folder, "broken.json"), "{");
  await me.run([
    "cups broken -p broken.json",
    /The file 'broken\.json' contains invalid JSON\. Please provide a path to a file containing a valid JSON object\./,
    1,
  ]);
  await me.answer("me\nsecret\n", "cups asked -p user,pass", /^user: \npass: \nCreating user provided service asked/);
  await me.run(
    [
      "bind-service dora bound --binding-name store",
      /Binding service instance bound to app dora in org acme \/ space dev as admin\.\.\.\nOK\n\nTIP: Use 'cf restage dora' to ensure/,
    ],
    ["bind-service dora bound", /App dora is already bound to service instance bound\.\nOK/],
    ["bind-service dora nope", /Service instance 'nope' not found\nFAILED/, 1],
    ["bind-service dora given --strategy sometimes", /STRATEGY must be "single" or "multiple"/, 1],
    ["bind-service dora given -w", /OK/],
    ["bind-service dora given --strategy multiple", /OK/],
    ["service bound", /name +binding name +status +message +guid +created_at\n {3}dora +store +create succeeded/],
    ["services", /bound +db +small +dora +create succeeded[\s\S]*given +user-provided +dora +update succeeded/],
    ["cleanup-outdated-service-bindings dora --keep-last 2", /No outdated service bindings found\.\nOK/],
  );
  await me.answer(
    "n\n",
    "cleanup-outdated-service-bindings dora",
    /Found 1 outdated service binding\.\n[\s\S]*have not been deleted/,
  );
  await me.run(
    [
      "cleanup-outdated-service-bindings dora -f -w --service-instance given",
      /Deleting service binding \S+\.\.\.\nWaiting for the operation to complete\.*\n\nOK/,
    ],
    ["unbind-service dora given --guid x", /Service binding with GUID x does not exist\nOK/],
    [
      "unbind-service dora given",
      /Unbinding app dora from service given in org acme \/ space dev as admin\.\.\.\nDeleting service binding \S+\.\.\.\nOK/,
    ],
    ["unbind-service dora given", /Binding between given and dora does not exist\nOK/],
    ["unbind-service dora bound -w", /OK/],
  );
  const { output } = await me.cf(["curl", "/v3/service_instances?names=asked"]);
  const [{ guid }] = (JSON.parse(output) as { resources: [{ guid: string }] }).resources;
  await me.run(
    [`curl /v3/service_instances/${guid}/credentials`, /^(?=[\s\S]*"user": ?"me")[\s\S]*"pass": ?"secret"/],
    ["delete-service asked -f -w", /^Deleting service instance asked .*\n\nService instance asked deleted\.\nOK/],
    ["delete-service given -f", /deleted/],
    ["delete-service bound -f", /deleted/],
  );
});

test("requests to a route are sent through a route service until it is unbound", async () => {
  const route = `${DOMAIN} --hostname proxied`;
  await me.run(
    ["create-service proxy filter rate", /created/],
    [`create-route ${route}`, /Route proxied\.apps\.cf\.localhost has been created\.\nOK/],
    [
      `bind-route-service ${route} rate`,
      /Binding route proxied\.apps\.cf\.localhost to service instance rate in org acme \/ space dev as admin\.\.\.\nOK/,
    ],
    [
      `bind-route-service ${route} rate`,
      /Route proxied\.apps\.cf\.localhost is already bound to service instance rate\.\nOK/,
    ],
    [
      `bind-route-service ${DOMAIN} -n nope rate`,
      /Route with host 'nope', domain 'apps\.cf\.localhost', and path '\/' not found\./,
      1,
    ],
    ["routes", /dev +proxied +apps\.cf\.localhost +http +rate/],
  );
  await me.answer(
    "n\n",
    `unbind-route-service ${route} rate`,
    /Really unbind route proxied\.apps\.cf\.localhost from service instance rate\? \[yN\]: n\nUnbind cancelled/,
  );
  await me.run(
    [`unbind-route-service ${route} rate -f -w`, /OK/],
    [`unbind-route-service ${route} rate -f`, /was not bound to service instance rate\.\nOK/],
    ["delete-service rate -f", /deleted/],
    [`delete-route ${route} -f`, /OK/],
  );
});

test("an instance is shared with another space and taken back", async () => {
  await me.run(
    ["create-service db small common", /created/],
    ["share-service common", /the required flag `-s' was not specified/, 1],
    ["disable-feature-flag service_instance_sharing", /OK/],
    ["service common", /The "service_instance_sharing" feature flag is disabled for this Cloud Foundry platform\./],
    ["enable-feature-flag service_instance_sharing", /OK/],
    [
      "share-service common -s other",
      /Sharing service instance common into org acme \/ space other as admin\.\.\.\nOK/,
    ],
    ["share-service common -s nope", /Space 'nope' not found\.\nFAILED/, 1],
    ["service common", /Shared with spaces:\n {3}org +space +bindings\n {3}acme +other +0\n/],
    ["target -s other", /other/],
    ["service common", /This service instance is shared from space dev of org acme\./],
    ["target -s dev", /dev/],
  );
  await me.answer(
    "n\n",
    "unshare-service common -s other",
    /WARNING: Unsharing this service instance[\s\S]*Unshare cancelled/,
  );
  await me.run(
    [
      "unshare-service common -s other -o acme -f",
      /Unsharing service instance common from org acme \/ space other as admin\.\.\.\nOK/,
    ],
    ["service common", /This service instance is not currently being shared\./],
  );
});

test("what a lost broker left behind is purged", async () => {
  await me.answer("n\n", "purge-service-instance common", /WARNING: [\s\S]*Purge cancelled/);
  await me.run(
    [
      "purge-service-instance common -f",
      /Purging service instance common in org acme \/ space dev as admin\.\.\.\n\nService instance common purged\.\nOK/,
    ],
    ["purge-service-instance common -f", /Service instance common did not exist\.\nOK/],
    ["create-service db small last", /created/],
    ["delete-service-broker databases -f", /Can not remove brokers that have associated service instances/, 1],
  );
  await me.answer("n\n", "purge-service-offering db", /WARNING: [\s\S]*Purge service offering cancelled\./);
  await me.run(
    ["purge-service-offering db -b databases -f", /Purging service offering db\.\.\.\nOK/],
    ["purge-service-offering db -f", /Service offering 'db' not found\.\nOK/],
    ["services", /No service instances found\./],
    ["delete-service-broker databases -f", /OK/],
  );
});
