import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FakeBroker } from "../../src/capi/cloud-controller/testing/fake-broker.ts";
import { OFFERINGS } from "../../src/capi/cloud-controller/testing/services-world.ts";
import { type BootedIngot, bootIngot } from "./boot-ingot.ts";
import { CfSession, isOfficial } from "./cf-session.ts";

const DOMAIN = "apps.cf.localhost";

let ingot: BootedIngot;
let me: CfSession;
before(async () => {
  me = new CfSession();
  ingot = await bootIngot();
  await me.login(ingot.apiUrl, ingot.adminPassword, "acme", "dev");
  await me.run(["create-space other", /OK/], ["create-app dora", /OK/]);
});
after(async () => {
  await ingot?.[Symbol.asyncDispose]();
  me?.[Symbol.dispose]();
});

test("routes are made, looked for, shown, changed and deleted", async () => {
  await me.run(
    [
      `create-route ${DOMAIN} --hostname shop --path cart`,
      /Creating route shop\.apps\.cf\.localhost\/cart for org acme \/ space dev as admin\.\.\.\nRoute shop\.apps\.cf\.localhost\/cart has been created\.\nOK/,
    ],
    [
      `create-route ${DOMAIN} --hostname shop --path cart`,
      /Route already exists with host 'shop' and path '\/cart'.*\nOK/,
    ],
    [
      `create-route ${DOMAIN} --hostname x -o wrong`,
      /Route option 'wrong' for route with host 'x', domain 'apps\.cf\.localhost', and path '\/' was specified incorrectly/,
      1,
    ],
    [
      `check-route ${DOMAIN} -n shop --path /cart`,
      /Checking for route\.\.\.\nRoute 'shop\.apps\.cf\.localhost\/cart' does exist\.\nOK/,
    ],
    [`check-route ${DOMAIN} -n shop`, /Route 'shop\.apps\.cf\.localhost' does not exist\.\nOK/],
    ["check-route nope.example.com", /Domain 'nope\.example\.com' not found\.\nFAILED/, 1],
    [`map-route dora ${DOMAIN} --hostname dora -o loadbalancing=round-robin`, /OK\n\nMapping route/],
    [
      `map-route dora ${DOMAIN} --hostname dora -o loadbalancing=round-robin`,
      /Route option support: 'Route specific options/,
      1,
    ],
    [
      `route ${DOMAIN} -n dora`,
      /^ Showing route dora\.apps\.cf\.localhost in org acme \/ space dev as admin\.\.\.\n\ndomain: +apps\.cf\.localhost\nhost: +dora\nport: +\npath: +\nprotocol: +http\noptions: {5}\{loadbalancing=round-robin\}\n\nDestinations:\n\tapp +process +port +app-protocol\n\tdora +web +8080 +http1\n$/,
    ],
    [
      `route ${DOMAIN} -n nope`,
      /Route with host 'nope', domain 'apps\.cf\.localhost', and path '\/' not found\.\nFAILED/,
      1,
    ],
    [`route ${DOMAIN} --port 5`, /Route with domain 'apps\.cf\.localhost' and port 5 not found\.\nFAILED/, 1],
    [
      `update-route ${DOMAIN} -n dora`,
      /No options were specified for the update of the Route dora\.apps\.cf\.localhost/,
      1,
    ],
    [
      `update-route ${DOMAIN} -n dora -o loadbalancing=least-connection`,
      /Updating route dora\.apps\.cf\.localhost for org acme \/ space dev as admin\.\.\.\nRoute dora\.apps\.cf\.localhost has been updated\nOK/,
    ],
    [`route ${DOMAIN} -n dora`, /\{loadbalancing=least-connection\}/],
    [`update-route ${DOMAIN} -n dora -r loadbalancing`, /has been updated\nOK/],
    [`route ${DOMAIN} -n dora`, /options: {4}\n/],
    [
      `update-destination dora ${DOMAIN} -n dora --app-protocol http2`,
      /Updating destination protocol from http1 to http2 for route dora\.apps\.cf\.localhost in org acme/,
    ],
    [
      `update-destination dora ${DOMAIN} -n dora --app-protocol http2`,
      / App 'dora' is already using 'http2'\. Nothing has been updated\nOK/,
    ],
    [`update-destination dora ${DOMAIN} -n nope`, /Route to be updated does not exist\./, 1],
  );
  if (!isOfficial) {
    // The official one goes on with the destination that it has not found.
    await me.run([
      `update-destination dora ${DOMAIN} -n shop --path cart`,
      /Route's destination to be updated does not exist\./,
      1,
    ]);
  }
  await me.answer(
    "n\n",
    "delete-orphaned-routes",
    /Really delete orphaned routes\? \[yN\]: n\nRoutes have not been deleted\./,
  );
  await me.run(
    ["delete-orphaned-routes -f", /Deleting orphaned routes as admin\.\.\.\nOK/],
    [`check-route ${DOMAIN} -n shop --path cart`, /does not exist/],
    [`check-route ${DOMAIN} -n dora`, /does exist/],
  );
});

test("routes go to other spaces, for good or to be used there too", async () => {
  await me.run(
    ["enable-feature-flag route_sharing", /OK/],
    [`share-route ${DOMAIN} -n dora -s other`, /Sharing route dora\.apps\.cf\.localhost to space other as admin\nOK/],
    [
      `share-route ${DOMAIN} -n nope -s other`,
      /Can not share route:\nRoute with host 'nope'[^\n]* not found\.\nFAILED/,
      1,
    ],
    ["target -s other", /other/],
    ["routes", /dev +dora +apps\.cf\.localhost/],
    ["target -s dev", /dev/],
    [
      `unshare-route ${DOMAIN} -n dora -s other -o acme`,
      /Unsharing route dora\.apps\.cf\.localhost from space other as admin\nOK/,
    ],
    [`unshare-route ${DOMAIN} -n dora -s nope`, /Can not unshare route:\nSpace 'nope' not found\.\nFAILED/, 1],
    [`create-route ${DOMAIN} --hostname mover`, /OK/],
    [
      `move-route ${DOMAIN} -n mover -s other`,
      /Move ownership of route mover\.apps\.cf\.localhost to space other as admin\nOK/,
    ],
    [
      `move-route ${DOMAIN} -n mover -s other -o nope`,
      /Can not transfer ownership of route:\nOrganization 'nope' not found\.\nFAILED/,
      1,
    ],
    ["routes --org-level", /other +mover +apps\.cf\.localhost/],
  );
});

test("domains are made for all or for an org, shared with another, and deleted", async () => {
  await me.run(
    [
      "create-private-domain acme own.example.com",
      /Creating private domain own\.example\.com for org acme as admin\.\.\.\nOK\n\nTIP: Domain 'own\.example\.com' is a private domain\. Run 'cf share-private-domain'/,
    ],
    ["create-domain acme own.example.com", /The domain name "own\.example\.com" is already in use\nOK/],
    [
      "create-shared-domain all.example.com",
      /Creating shared domain all\.example\.com as admin\.\.\.\nOK\n\nTIP: Domain 'all\.example\.com' is shared with all orgs/,
    ],
    ["create-shared-domain inner.example.com --internal", /OK/],
    ["create-shared-domain tcp.example.com --router-group tcp", /Router group 'tcp' not found\.\nFAILED/, 1],
    ["router-groups", /Getting router groups as admin\.\.\.\n\n.*\nFAILED/, 1],
    [
      "domains",
      /all\.example\.com +shared +http +\n[\s\S]*inner\.example\.com +shared +true +http[\s\S]*own\.example\.com +private/,
    ],
    ["create-org guests", /OK/],
    [
      "share-private-domain guests own.example.com",
      /Sharing domain own\.example\.com with org guests as admin\.\.\.\nOK/,
    ],
    ["share-private-domain guests nope.example.com", /Domain 'nope\.example\.com' not found\.\nFAILED/, 1],
  );
  const question =
    /Warning: org guests will no longer be able to access private domain own\.example\.com\nReally unshare private domain own\.example\.com\?/;
  await me.answer("n\n", "unshare-private-domain guests own.example.com", question);
  await me.answer(
    "y\n",
    "unshare-private-domain guests own.example.com",
    /Unsharing domain own\.example\.com from org guests as admin\.\.\.\nOK/,
  );
  await me.answer("n\n", "delete-private-domain own.example.com", /'own\.example\.com' has not been deleted\./);
  await me.answer("n\n", "delete-shared-domain all.example.com", /'all\.example\.com' has not been deleted\./);
  await me.run(
    [
      "delete-private-domain all.example.com -f",
      /Domain 'all\.example\.com' is a shared domain, not a private domain\.\nFAILED/,
      1,
    ],
    [
      "delete-shared-domain own.example.com -f",
      /Domain 'own\.example\.com' is a private domain, not a shared domain\.\nFAILED/,
      1,
    ],
    ["delete-private-domain own.example.com -f", /OK\n\nTIP: Run 'cf domains' to view available domains\./],
    ["delete-private-domain own.example.com -f", /Domain 'own\.example\.com' does not exist\.\nOK/],
    ["delete-shared-domain all.example.com -f", /Deleting domain all\.example\.com as admin\.\.\.\nOK/],
    ["delete-shared-domain all.example.com -f", /Domain 'all\.example\.com' does not exist\.\nOK/],
    ["delete-shared-domain inner.example.com -f", /OK/],
  );
});

test("router groups are those of the routing API that the platform names", async () => {
  await using web = await serve({ "/v1/router_groups": [{ guid: "g", name: "default-tcp", type: "tcp" }] });
  const path = join(me.folder, ".cf", "config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...config, RoutingAPIEndpoint: web.url }));
  await me.run(["router-groups", /^Getting router groups as admin\.\.\.\n\nname +type\ndefault-tcp +tcp\n$/]);
  writeFileSync(path, JSON.stringify(config));
});

test("route policies say who may reach a route of a domain that asks for them", async () => {
  const add = "add-route-policy id.example.com --hostname back";
  await me.run(
    [
      "create-shared-domain id.example.com --scope org",
      /--scope can only be used with --enforce-route-policies\nFAILED/,
      1,
    ],
    [
      "create-shared-domain id.example.com --enforce-route-policies --scope any",
      /TIP: Domain 'id\.example\.com' is a shared identity-aware domain/,
    ],
    ["domains", /id\.example\.com +shared +http +enforced \(any\)/],
    ["create-route id.example.com --hostname back", /OK/],
    ["route-policies", /Getting route policies in org acme \/ space dev as admin\.\.\.\n\nNo route policies found\./],
    ["add-route-policy id.example.com --source-any", /the required flag `-n, --hostname' was not specified/, 1],
    [add, /the required argument `one of: --source-app, --source-space, .*` was not provided/, 1],
    [`${add} --source-any --source-app dora`, /cannot be used together: --source-app, --source-any/, 1],
    [`${add} --source cf:dora`, /source must start with one of/, 1],
    [`${add} --source-app nope`, /App 'nope' not found in space 'dev' \/ org 'acme'\.\nTIP: /, 1],
    [
      `${add} --source-app dora`,
      /Adding route policy for route back\.id\.example\.com as admin\.\.\.\n {2}scope: app, source: dora\n {2}source: cf:app:\S+\nOK/,
    ],
    [
      `${add} --source-space other --source-org acme`,
      /scope: space, source: other \(org: acme\)\n {2}source: cf:space:/,
    ],
    [
      `add-route-policy ${DOMAIN} -n dora --source-any`,
      /Domain 'apps\.cf\.localhost' does not have route policy enforcement enabled\./,
      1,
    ],
    [
      "route-policies -d id.example.com",
      /host +domain +path +source +scope +name\nback +id\.example\.com +cf:app:\S+ +app +dora\nback +id\.example\.com +cf:space:\S+ +space +other\n/,
    ],
    [
      "labels route-policy back.id.example.com",
      /Route 'back\.id\.example\.com' has 2 policies\. Specify one with --source\./,
      1,
    ],
  );
  await me.answer(
    "n\n",
    "remove-route-policy id.example.com -n back --source-space other",
    /Route policy has not been removed\./,
  );
  await me.run(
    [
      "remove-route-policy id.example.com -n back --source-space other -f",
      /Removing route policy for route back\.id\.example\.com as admin\.\.\.\nOK/,
    ],
    [
      "remove-route-policy id.example.com -n back --source-space other -f",
      /Route policy with source 'cf:space:\S+' not found\.\nFAILED/,
      1,
    ],
    ["set-label route-policy back.id.example.com a=b", /OK/],
    ["route-policies --labels a=b", /cf:app:/],
    ["delete-shared-domain id.example.com -f", /OK/],
  );
});

test("buildpacks are made of a folder, a zip or an address, changed and deleted", async () => {
  const bin = join(me.folder, "pack", "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "detect"), "#!/bin/sh\nexit 1\n");
  chmodSync(join(bin, "detect"), 0o755);
  mkdirSync(join(me.folder, "empty"));
  writeFileSync(join(me.folder, "text"), "no zip");
  await using web = await serve({});
  await me.run(
    [
      "create-buildpack one pack 90",
      /Creating buildpack one as admin\.\.\.\nOK\n\nUploading buildpack one as admin\.\.\.\n[\s\S]*100\.00%.*\nOK\n\nProcessing uploaded buildpack one\.\.\.\nOK/,
    ],
    ["create-buildpack two nowhere 90", /The specified path 'nowhere' does not exist\./, 1],
    ["create-buildpack two empty 90", /The specified path 'empty' cannot be an empty directory\.\nFAILED/, 1],
    [
      "create-buildpack two text 91 --disable",
      /is not a zip file[\s\S]*\n\nTIP: A buildpack with name 'two' and nil stack has been created\./,
      1,
    ],
    [`create-buildpack three ${web.url}/gone.zip 91`, /Download attempt failed; server returned 404 Not Found/, 1],
    ["update-buildpack one -i 2 --lock --disable", /Updating buildpack one as admin\.\.\.\nOK/],
    ["buildpacks", /2 +one +false +true +READY +pack\.zip +buildpack/],
    ["update-buildpack one -p pack", /Buildpack is locked\nFAILED/, 1],
    ["update-buildpack one --unlock --enable", /OK/],
    ["update-buildpack one --enable --disable", /cannot be used together: --enable, --disable/, 1],
    ["update-buildpack one -p pack", /Uploading buildpack one[\s\S]*Processing uploaded buildpack one\.\.\.\nOK/],
    [
      "update-buildpack one --rename uno",
      /Renaming buildpack one to uno as admin\.\.\.\n\nUpdating buildpack uno as admin\.\.\.\nOK/,
    ],
    ["update-buildpack uno --assign-stack cflinuxfs4", /Assigning stack cflinuxfs4 to uno as admin\.\.\.\nOK/],
    ["update-buildpack uno -s nope --enable", /Buildpack 'uno' with stack 'nope' not found\nFAILED/, 1],
    [
      "set-label buildpack uno a=b -s cflinuxfs4",
      /Setting label\(s\) for buildpack uno with stack cflinuxfs4 as admin\.\.\.\nOK/,
    ],
  );
  await me.answer("n\n", "delete-buildpack uno", /Really delete the buildpack uno\? \[yN\]: n\nDelete cancelled/);
  await me.run(
    ["delete-buildpack uno -f -s cflinuxfs4", /Deleting buildpack uno with stack cflinuxfs4\.\.\.\nOK/],
    ["delete-buildpack uno -f", /Buildpack 'uno' not found\.\nOK/],
    ["delete-buildpack two -f", /OK/],
  );
});

/** A web server with these documents and nothing else. */
async function serve(
  documents: Readonly<Record<string, unknown>>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server: Server = createServer((request, response) => {
    const document = documents[request.url ?? ""];
    response.writeHead(document === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(document));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

test("a stack is shown and goes from state to state", async () => {
  await me.run(
    [
      "stack cflinuxfs4",
      /Getting info for stack cflinuxfs4 as admin\.\.\.\n\nname: +cflinuxfs4\ndescription: +\S.*\nstate: +ACTIVE\n$/,
    ],
    ["stack cflinuxfs4 --guid", /^[0-9a-f-]{36}\n$/],
    ["stack nope", /Stack 'nope' not found\nFAILED/, 1],
    ["update-stack cflinuxfs4", /the required flag `--state' was not specified/, 1],
    [
      "update-stack cflinuxfs4 --state old",
      /Invalid state: old\. Must be one of: active, restricted, deprecated, disabled\nFAILED/,
      1,
    ],
    [
      "update-stack cflinuxfs4 --state Deprecated --reason old",
      /Updating stack cflinuxfs4 as admin\.\.\.\n[\s\S]*OK\n\n\nname: +cflinuxfs4\n.*\nstate: +DEPRECATED\nreason: +old\n$/,
    ],
    ["stacks", /cflinuxfs4 .* DEPRECATED/],
    ["update-stack cflinuxfs4 --state active", /state: +ACTIVE\n$/],
  );
});

test("labels are set, shown and taken away, of everything that carries them", async () => {
  await using broker = await FakeBroker.start(OFFERINGS.filter(({ name }) => name === "db"));
  await me.run(
    [`create-service-broker b cc secret ${broker.url}`, /OK/],
    ["enable-service-access db", /OK/],
    ["create-service db small stored", /created/],
  );
  const labelled: readonly [target: string, place: string][] = [
    ["app dora", " in org acme / space dev"],
    ["org acme", ""],
    ["space dev", " in org acme"],
    [`domain ${DOMAIN}`, ""],
    [`route dora.${DOMAIN}`, " in org acme / space dev"],
    ["stack cflinuxfs4", ""],
    ["buildpack nodejs_buildpack", ""],
    ["service-broker b", ""],
    ["service-offering db", ""],
    ["service-plan small", ""],
    ["service-instance stored", " in org acme / space dev"],
  ];
  for (const [target, place] of labelled) {
    const said = `${target}${place} as admin...\n`;
    const set = await me.cf(["set-label", ...target.split(" "), "tier=gold", "a="]);
    assert.equal(set.output, `Setting label(s) for ${said}OK\n\n`);
    const shown = await me.cf(["labels", ...target.split(" ")]);
    assert.match(shown.output.replace(`Getting labels for ${said}`, ""), /^\n{1,2}key +value\na +\ntier +gold\n$/);
    const unset = await me.cf(["unset-label", ...target.split(" "), "tier", "a"]);
    assert.equal(unset.output, `Removing label(s) for ${said}OK\n\n`);
    await me.run([`labels ${target}`, /No labels found\.\n$/]);
  }
  await me.run(
    [
      "set-label service-plan small a=1 -e db -b b",
      /for service-plan small from service offering db \/ service broker b as admin/,
    ],
    ["set-label service-offering nope a=1", /Service offering 'nope' not found\.\nFAILED/, 1],
    ["set-label app dora a", /Metadata error: no value provided for label 'a'\nFAILED/, 1],
    ["set-label app dora", /the required argument `KEY=VALUE \(at least 1 argument\)` was not provided/, 1],
    ["set-label app dora a=b -s x", /The following arguments cannot be used together: app, --stack, -s/, 1],
    ["labels thing dora", /Unsupported resource type of 'thing'\nFAILED/, 1],
    ["labels route nope.nope.example.com", /Domain 'nope\.example\.com' not found\.\nFAILED/, 1],
    ["unset-label app nope a", /App 'nope' not found\.\nFAILED/, 1],
    ["delete-service stored -f", /deleted/],
    ["delete-service-broker b -f", /OK/],
  );
});

test("a one-time code for SSH is a word; the marketplace is open to those who are not signed in", async () => {
  await me.run(
    ["ssh-code", /^\S{6,}\n$/],
    ["logout", /OK/],
    ["ssh-code", /Not logged in/, 1],
    ["marketplace", /^Getting all service offerings from marketplace\.\.\.\n\nNo service offerings found\.\n$/],
  );
});
