import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type BootedIngot, bootIngot } from "./boot-ingot.ts";
import { CfSession, type Step } from "./cf-session.ts";

const HELLO = join(import.meta.dirname, "..", "..", "examples", "hello-node");
const GUID = /[0-9a-f]{8}-[0-9a-f-]{27}/;

let ingot: BootedIngot;
let me: CfSession;
before(async () => {
  me = new CfSession();
  ingot = await bootIngot();
  await me.login(ingot.apiUrl, ingot.adminPassword, "acme", "dev");
});
after(async () => {
  await ingot?.[Symbol.asyncDispose]();
  me?.[Symbol.dispose]();
});

const cf = (words: readonly string[], typed = "") => me.cf(words, typed);
const run = (...steps: readonly Step[]) => me.run(...steps);

test("help and version need nobody; config keeps what it is told", async () => {
  await run(
    ["version", /^cf version \d/],
    ["help", /Before getting started:[\s\S]*TIP: Use 'cf help -a' to see all commands\./],
    ["help -a", /ISOLATION SEGMENTS:\n {3}isolation-segments +List all isolation segments/],
    ["help rename", /NAME:\n {3}rename - Rename an app\n\nUSAGE:\n {3}cf rename APP_NAME NEW_APP_NAME/],
    ["version extra", /Incorrect Usage: unexpected argument "extra"\nFAILED\n\nNAME:\n {3}version/, 1],
    ["help nobody", /'nobody' is not a registered command\. See 'cf help -a'\nFAILED/, 1],
    ["config", /Incorrect Usage: at least one flag must be provided\nFAILED/, 1],
    ["config --color maybe", /COLOR must be "true" or "false"/, 1],
    ["config --async-timeout 7 --locale fr_FR", /Setting values in config\.\.\.\nOK/],
    ["config --locale CLEAR", /OK/],
  );
});

test("quotas of orgs limit, are given to orgs, and go once nobody has them", async () => {
  await run(
    [
      "create-org-quota small -m 2G -i 512M -r 5 -a 4 --reserved-route-ports 1 -l 1K",
      /Creating org quota small as admin\.\.\.\nOK/,
    ],
    ["create-org-quota small", /Organization Quota 'small' already exists\.\nOK/],
    ["create-org-quota bad -a -3", /invalid integer limit \(expected int >= -1\)/, 1],
    [
      "org-quota small",
      /total memory: +2G\ninstance memory: +512M\nroutes: +5\nservice instances: +0\npaid service plans: +disallowed\napp instances: +4\nroute ports: +1\nlog volume per second: +1K/,
    ],
    [
      "update-org-quota small -n little -m -1 --allow-paid-service-plans",
      /Updating org quota small as admin\.\.\.\nOK/,
    ],
    ["org-quotas", /little +unlimited +512M +5 +0 +allowed +4 +1 +1K/],
    ["create-org quoted", /OK/],
    ["set-org-quota quoted little", /Setting quota little to org quoted as admin\.\.\.\nOK/],
    ["org quoted", /name: +quoted\ndomains: [\s\S]*quota: +little/],
    ["delete-org-quota -f little", /This quota is applied to one or more organizations/, 1],
    ["rename-org quoted renamed", /Renaming org quoted to renamed as admin\.\.\.\nOK/],
    ["delete-org -f renamed", /OK/],
    ["delete-org-quota -f little", /Deleting org quota little as admin\.\.\.\nOK/],
    ["delete-org-quota -f little", /Organization quota with name 'little' not found\.\nOK/],
    ["org-quota little", /Organization quota with name 'little' not found\.\nFAILED/, 1],
  );
});

test("spaces are renamed, have quotas, and allow SSH or not", async () => {
  await run(
    ["create-space-quota tiny -m 1G", /Creating space quota tiny for org acme as admin\.\.\.\nOK/],
    ["create-space-quota tiny", /Space Quota 'tiny' already exists\.\nOK/],
    [
      "update-space-quota tiny -n mini -r 3 --reserved-route-ports -1",
      /Updating space quota tiny for org acme as admin\.\.\.\nOK/,
    ],
    ["space-quota mini", /total memory: +1G[\s\S]*routes: +3[\s\S]*route ports: +unlimited/],
    ["space-quotas", /mini +1G +unlimited +3 +0 +disallowed/],
    ["create-space old", /OK/],
    ["rename-space old new", /Renaming space old to new as admin\.\.\.\nOK/],
    ["set-space-quota new mini", /Setting space quota mini to space new as admin\.\.\.\nOK/],
    ["space new", /quota: +mini/],
    ["unset-space-quota new mini", /Unassigning space quota mini from space new as admin\.\.\.\nOK/],
    ["delete-space-quota -f mini", /Deleting space quota mini for org acme as admin\.\.\.\nOK/],
    ["space-quotas", /No space quotas found\./],
    ["space-ssh-allowed new", /ssh support is enabled in space 'new'\./],
    ["disallow-space-ssh new", /Disabling ssh support for space new as admin\.\.\.\nOK/],
    ["disallow-space-ssh new", /ssh support for space 'new' is already disabled\.\nOK/],
    ["space-ssh-allowed new", /ssh support is disabled in space 'new'\./],
    ["allow-space-ssh new", /Enabling ssh support for space new as admin\.\.\.\nOK/],
    ["delete-space -f new", /OK/],
  );
});

test("security groups have rules, and are bound to spaces or to all", async () => {
  const rules = join(me.folder, "rules.json");
  writeFileSync(rules, JSON.stringify([{ protocol: "tcp", destination: "10.0.11.0/24", ports: "443" }]));
  const broken = join(me.folder, "broken.json");
  writeFileSync(broken, "[{");
  await run(
    [`create-security-group web ${rules}`, /Creating security group web as admin\.\.\.\n\nOK/],
    [`create-security-group web ${rules}`, /Security group with name 'web' already exists\.\nOK/],
    [`create-security-group other ${broken}`, /Incorrect json format: .*broken\.json[\s\S]*FAILED/, 1],
    ["create-security-group other /nowhere", /The specified path '\/nowhere' does not exist\./, 1],
    [
      "security-group web",
      /name: +web\nrules: +\n\[\n {2}\{\n {4}"protocol": "tcp",\n {4}"destination": "10\.0\.11\.0\/24",\n {4}"ports": "443"\n {2}\}\n\]\n\n\nNo spaces assigned/,
    ],
    [
      "bind-security-group web acme --space dev",
      /Assigning running security group web to space dev in org acme as admin\.\.\.\nOK\n\nTIP: If Dynamic ASG's/,
    ],
    [
      "bind-security-group web acme --lifecycle staging",
      /Assigning staging security group web to all spaces in org acme as admin\.\.\.\n\nAssigning staging security group web to space dev in org acme as admin\.\.\.\nOK/,
    ],
    [
      "bind-security-group web acme --lifecycle later",
      /Invalid value `later' for option `--lifecycle'\. Allowed values are: running or staging/,
      1,
    ],
    ["security-groups", /dns +<all> +<all> +running[\s\S]*web +acme +dev +running\nweb +acme +dev +staging/],
    ["bind-running-security-group web", /Binding security group web to running as admin\.\.\.\nOK\n\nTIP/],
    ["bind-staging-security-group web", /Binding security group web to staging as admin\.\.\.\nOK\n\nTIP/],
    ["running-security-groups", /\nweb/],
    ["staging-security-groups", /\nweb/],
    ["unbind-running-security-group web", /from defaults for running as admin\.\.\.\nOK\n\nTIP/],
    ["unbind-staging-security-group web", /from defaults for staging as admin\.\.\.\nOK\n\nTIP/],
    [
      "unbind-security-group web acme dev",
      /Unbinding running security group web from org acme \/ space dev as admin\.\.\.\nOK/,
    ],
    [
      "unbind-security-group web acme dev",
      /Security group web not bound to space dev for lifecycle phase 'running'\.\nOK/,
    ],
    [`update-security-group web ${rules}`, /Updating security group web as admin\.\.\.\n\nOK\n\n\nTIP/],
    ["delete-security-group -f web", /Deleting security group web as admin\.\.\.\nOK/],
    ["delete-security-group -f web", /Security group 'web' does not exist\.\nOK/],
    ["security-group web", /Security group 'web' not found\.\nFAILED/, 1],
  );
});

test("isolation segments are entitled to orgs and used by spaces", async () => {
  await run(
    ["create-isolation-segment fast", /Creating isolation segment fast as admin\.\.\.\nOK/],
    ["create-isolation-segment fast", /Isolation segment 'fast' already exists\.\nOK/],
    ["enable-org-isolation acme fast", /Enabling isolation segment fast for org acme as admin\.\.\.\nOK/],
    ["isolation-segments", /name +orgs\nshared +\nfast +acme|fast +acme/],
    [
      "set-org-default-isolation-segment acme fast",
      /to default on org acme as admin\.\.\.\nOK\n\nTIP: Restart applications in this organization/,
    ],
    ["org acme", /isolation segments: +fast \(default\)/],
    [
      "set-space-isolation-segment dev fast",
      /Updating isolation segment of space dev in org acme as admin\.\.\.\nOK\n\nTIP/,
    ],
    [
      "reset-space-isolation-segment dev",
      /OK\n\nTIP: Restart applications in this space to relocate them to this organization's default isolation segment\./,
    ],
    [
      "reset-org-default-isolation-segment acme",
      /OK\n\nTIP: Restart applications in spaces without assigned isolation segments/,
    ],
    [
      "disable-org-isolation acme fast",
      /Removing entitlement to isolation segment fast from org acme as admin\.\.\.\nOK/,
    ],
    ["delete-isolation-segment -f fast", /Deleting isolation segment fast as admin\.\.\.\nOK/],
    ["delete-isolation-segment -f fast", /Isolation segment fast does not exist\.\nOK/],
    ["enable-org-isolation acme fast", /Isolation segment 'fast' not found\.\nFAILED/, 1],
  );
});

test("feature flags and environment variable groups are shown and set", async () => {
  await run(
    ["feature-flags", /name +state\n[\s\S]*diego_docker +disabled/],
    ["enable-feature-flag diego_docker", /Enabling feature flag diego_docker as admin\.\.\.\nOK/],
    ["feature-flag diego_docker", /Features +State\ndiego_docker +enabled/],
    ["disable-feature-flag diego_docker", /Disabling feature flag diego_docker as admin\.\.\.\nOK/],
    ["feature-flag nothing", /Feature flag 'nothing' not found\.\nFAILED/, 1],
    [
      'set-running-environment-variable-group {"A":"b","N":1}',
      /Setting the contents of the running environment variable group as admin\.\.\.\nOK/,
    ],
    ["running-environment-variable-group", /variable name +assigned value\nA +b\nN +1/],
    ['set-running-environment-variable-group {"C":"d"}', /OK/],
    ["running-environment-variable-group", /assigned value\nC +d\n$/],
    ["set-running-environment-variable-group nonsense", /Please provide a valid JSON object\.\nFAILED/, 1],
    ["set-running-environment-variable-group {}", /OK/],
    ["running-environment-variable-group", /No running environment variable group has been set\./],
    [
      'set-staging-environment-variable-group {"S":"t"}',
      /Setting the contents of the staging environment variable group as admin\.\.\.\nOK/,
    ],
    ["staging-environment-variable-group", /S +t/],
    ["set-staging-environment-variable-group {}", /OK/],
  );
});

test("an app is made step by step: package, droplet, revisions, deployments, tasks", async () => {
  await run(
    ["create-app web", /Creating app web in org acme \/ space dev as admin\.\.\.\nUsing app type "buildpack"\nOK/],
    ["create-app web", /App with the name 'web' already exists\.\nOK/],
    ["create-app web --app-type paper", /Allowed values are: buildpack, docker or cnb/, 1],
    ["start web", /App cannot start without a package to stage or a droplet to run\.\nFAILED/, 1],
    ["stage-package web", /App 'web' has no eligible packages\.\nFAILED/, 1],
    [
      `create-package web -p ${HELLO}`,
      /Creating and uploading bits package[\s\S]*Package with guid '[0-9a-f-]{36}' has been created\.\nOK/,
    ],
    ["packages web", /guid +state +created\n[0-9a-f-]{36} +ready /],
    ["stage-package web", /Package staged\ndroplet guid: +[0-9a-f-]{36}\nstate: +staged/],
    ["stage-package web --package-guid nothing", /Package with guid 'nothing' not found in app 'web'\.\nFAILED/, 1],
    ["download-droplet web", /App 'web' does not have a current droplet\.\nFAILED/, 1],
  );
  const droplet = GUID.exec((await cf(["droplets", "web"])).output)![0];
  const archive = join(me.folder, "droplet.tgz");
  await run(
    ["set-droplet web nothing", /Unable to assign droplet: /, 1],
    [`set-droplet web ${droplet}`, /Setting app web to droplet [0-9a-f-]{36} in org acme/],
    ["droplets web", /\(current\) +staged /],
    [`download-droplet web --path ${archive}`, /Droplet downloaded successfully at .*droplet\.tgz\nOK/],
    [
      "set-health-check web http --endpoint / --invocation-timeout 2",
      /Updating health check type for app web process web/,
    ],
    ["get-health-check web", /process +health check +endpoint \(for http\) +invocation timeout\nweb +http +\/ +2/],
    ["set-health-check web port --endpoint /x", /Health check type must be 'http' to set/, 1],
    [
      "get-readiness-health-check web",
      /process +type +endpoint \(for http\) +invocation timeout +interval\nweb +process/,
    ],
    ["scale web -m 64M -f", /memory usage: +64M/],
    ["scale web -i 1 --process clock", /Process clock not found\nFAILED/, 1],
    ["revisions web", /1\(deployed\) +Initial revision\. +true/],
    ["set-env web COLOUR blue", /OK/],
    ["unset-env web COLOUR", /Removing env variable COLOUR from app web[\s\S]*OK/],
    ["set-env web COLOUR red", /OK/],
    ["restart web --strategy canary", /Active deployment with status PAUSED/],
    ["continue-deployment web", /Continuing deployment for app web[\s\S]*TIP: Run 'cf app web' to view app status\./],
    ["restart web --strategy canary", /PAUSED/],
    ["cancel-deployment web", /Canceling deployment for app web[\s\S]*OK\n\nTIP: Run 'cf app web'/],
    [
      "revision web --version 2",
      /revision: +2\ndeployed: +\w+\n[\s\S]*application environment variables:\nCOLOUR: +red/,
    ],
    ["rollback web --version 1 -f", /Rolling back to revision 1 for app web[\s\S]*#0 +running[\s\S]*OK/],
    ["revisions web", /3\(deployed\) .*Rolled back to revision 1\. +true/],
    ["continue-deployment web", /No active deployment found for app\.\nFAILED/, 1],
    ["restart-app-instance web 0", /Restarting instance 0 of process web of app web[\s\S]*OK/],
    ["restart-app-instance web 9", /Instance 9 of process web not found\nFAILED/, 1],
  );
  assert.deepEqual([...readFileSync(archive).subarray(0, 2)], [0x1f, 0x8b], "a droplet is a gzip");
  await run(
    ["run-task web --command sleep\t300 --name waits", /task id: +1/],
    ["task web 1", /id: +1\nname: +waits\nstate: +\w+\nstart time: [\s\S]*command: +sleep\t300\n/],
    ["terminate-task web 1", /Terminating task 1 of app web in org acme[\s\S]*OK/],
    ["task web 7", /Task sequence ID 7 not found\.\nFAILED/, 1],
  );
});

test("an app's source and settings go to another app, and SSH is switched", async () => {
  const manifest = join(me.folder, "web_manifest.yml");
  const copy = join(me.folder, "copy.yml");
  const shapeless = join(me.folder, "shapeless.yml");
  writeFileSync(shapeless, "- no\n- manifest\n");
  writeFileSync(copy, "applications:\n- name: ((name))\n  memory: 64M\n  env:\n    SECRET: hush\n");
  await run(
    [`create-app-manifest web -p ${manifest}`, /Manifest file created successfully at .*web_manifest\.yml\nOK/],
    [
      "create-app-manifest web -p /nowhere/m.yml",
      /Error creating file: open \/nowhere\/m\.yml: no such file or directory\nFAILED/,
      1,
    ],
    [`apply-manifest -f ${shapeless}`, /Unable to apply manifest because its format is invalid\.\nFAILED/, 1],
    [`apply-manifest -f ${copy} --var name`, /Expected var 'name' to be in format 'name=value'/, 1],
    [`apply-manifest -f ${copy}`, /Expected to find variables: name\nFAILED/, 1],
    [
      `apply-manifest -f ${copy} --var name=twin --redact-env`,
      /Applying manifest .*copy\.yml in org acme[\s\S]*Updating with these attributes\.\.\.[\s\S]*SECRET: <redacted>[\s\S]*OK/,
    ],
    ["copy-source web twin -o acme", /'--organization, -o' and '--space, -s' must be used together\./, 1],
    [
      "copy-source web twin --no-restart",
      /Copying source from app web to target app twin in org acme \/ space dev as admin\.\.\.\n\nOK/,
    ],
    ["packages twin", /ready/],
    ["rename twin sibling", /Renaming app twin to sibling in org acme \/ space dev as admin\.\.\.\nOK/],
    ["rename sibling web", /App with the name 'web' already exists\.\nFAILED/, 1],
    ["ssh-enabled web", /ssh support is enabled for app 'web'\./],
    ["disable-ssh web", /Disabling ssh support for app web as admin\.\.\.\nOK/],
    ["ssh-enabled web", /ssh support is disabled for app 'web'\.\nssh is disabled for app/],
    ["enable-ssh web", /OK\n\nTIP: An app restart is required for the change to take effect\./],
    ["ssh-code", /^\S+\n$/],
  );
  assert.match(readFileSync(manifest, "utf8"), /- name: web\n/);
});

test("roles are given and taken, a question is answered, a password changed", async () => {
  await run(
    ["create-user dev secret-word", /OK/],
    ["set-org-role dev acme OrgManager", /Assigning role OrgManager to user dev in org acme as admin\.\.\.\nOK/],
    ["set-org-role dev acme OrgManager", /User 'dev' already has role 'OrgManager' in org 'acme'\.\nOK/],
    ["set-space-role dev acme dev SpaceAuditor", /OK/],
    [
      "unset-space-role dev acme dev SpaceAuditor",
      /Removing role SpaceAuditor from user dev in org acme \/ space dev as admin\.\.\.\nOK/,
    ],
    ["space-users acme dev", /SPACE AUDITOR\n {2}No SPACE AUDITOR found/],
    ["unset-org-role dev acme OrgManager", /Removing role OrgManager from user dev in org acme as admin\.\.\.\nOK/],
    ["set-org-role nobody acme OrgManager --client", /User 'nobody' does not exist\.\nFAILED/, 1],
    ["set-org-role ssh-proxy acme OrgAuditor --client", /OK/],
    ["unset-org-role ssh-proxy acme OrgAuditor --client", /OK/],
    ["unset-org-role nobody acme OrgManager", /User 'nobody' does not exist\.\nFAILED/, 1],
    ["oauth-token", /^bearer \S+\n$/],
    ["delete-org-quota default", /Really delete the org quota default\? \[yN\]: EOF\nFAILED/, 1],
  );
  const refused = await cf(["delete-org-quota", "default"], "n\n");
  assert.match(refused.output, /\[yN\]: n\nOrganization quota 'default' has not been deleted\./);
  const token = (await cf(["oauth-token"])).output.trim().split(" ")[1]!;
  await run([`auth --assertion ${token}`, /OK/], ["target", /user: +admin/], ["oauth-token", /^bearer \S+\n$/]);
  await run(["auth dev", /Password not provided\.\nFAILED/, 1], ["auth dev secret-word", /OK/]);
  const unlike = await cf(["passwd"], "secret-word\nnew-word\nother-word\n");
  assert.match(unlike.output, /Password verification does not match\.\nFAILED/);
  const changed = await cf(["passwd"], "secret-word\nnew-word\nnew-word\n");
  assert.match(changed.output, /Changing password for user dev\.\.\.\nOK\n\nPlease log in again\./);
  await run(
    ["auth dev secret-word", /Credentials were rejected, please try again\.\nFAILED/, 1],
    ["auth dev new-word", /OK/],
  );
});
