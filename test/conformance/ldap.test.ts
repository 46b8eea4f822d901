import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { after, before, test } from "node:test";
import { type BootedUaa, bootUaa, type Json } from "../../src/identity/uaa/testing/boot-uaa.ts";
import { Browser as UaaBrowser } from "../../src/identity/uaa/testing/uaa-browser.ts";
import { type LdapServer, startLdapServer } from "./ldap-server.ts";

const hasSlapd = await access("/usr/sbin/slapd").then(
  () => true,
  () => false,
);
const options = { skip: hasSlapd ? false : "there is no slapd (Debian: slapd)" };

const person = (name: string, password: string, more = ""): string =>
  `dn: cn=${name},ou=Users,dc=test,dc=com
objectClass: inetOrgPerson
cn: ${name}
sn: Test
givenName: ${name}
userPassword: ${password}
mail: ${name}@test.example
${more}
`;
const group = (name: string, members: readonly string[], more = ""): string =>
  `dn: cn=${name},ou=Groups,dc=test,dc=com
objectClass: groupOfNames
cn: ${name}
${members.map((member) => `member: ${member}`).join("\n")}
${more}
`;
const ENTRIES = `dn: dc=test,dc=com
objectClass: dcObject
objectClass: organization
dc: test
o: test

dn: cn=reader,dc=test,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-secret

dn: ou=Users,dc=test,dc=com
objectClass: organizationalUnit
ou: Users

dn: ou=Groups,dc=test,dc=com
objectClass: organizationalUnit
ou: Groups

${person("marissa", "koala", "telephoneNumber: 123")}
${group("developers", ["cn=marissa,ou=Users,dc=test,dc=com"], "description: ingot.deploy,ingot.read")}
${group("operators", ["cn=developers,ou=Groups,dc=test,dc=com"])}
`;

let server: LdapServer;
before(async () => {
  if (hasSlapd) server = await startLdapServer(ENTRIES);
});
after(async () => {
  if (hasSlapd) await server[Symbol.asyncDispose]();
});

const providerOf = (config: Json): Json => ({
  type: "ldap",
  originKey: "ldap",
  name: "directory",
  config: {
    baseUrl: server.url,
    bindUserDn: "cn=reader,dc=test,dc=com",
    bindPassword: "reader-secret",
    userSearchBase: "dc=test,dc=com",
    userSearchFilter: "cn={0}",
    attributeMappings: { given_name: "givenName", phone_number: "telephoneNumber", "user.attribute.surname": "sn" },
    ...config,
  },
});
const signIn = (uaa: BootedUaa, username: string, password: string, origin?: string) =>
  uaa.token({
    grant_type: "password",
    username,
    password,
    ...(origin === undefined ? {} : { login_hint: JSON.stringify({ origin }) }),
  });

test(
  "search and bind: the directory's password opens a shadow account; groups of groups give ours",
  options,
  async () => {
    await using uaa = await bootUaa();
    const admin = await uaa.adminClient();
    const provider = providerOf({
      ldapGroupFile: "ldap/ldap-groups-map-to-scopes.xml",
      groupSearchBase: "ou=Groups,dc=test,dc=com",
      groupSearchFilter: "member={0}",
      externalGroupsWhitelist: ["dev*"],
    });
    const created = await uaa.json("POST", "/identity-providers", admin, provider);
    assert.equal(created.status, 201, created.text);
    assert.ok(!created.text.includes("reader-secret"));
    const externalGroup = "CN=operators,ou=Groups,dc=test,dc=com"; // names of a directory compare without case
    await uaa.json("POST", "/Groups/External", admin, {
      displayName: "cloud_controller.global_auditor",
      externalGroup,
    });

    for (const origin of [undefined, "ldap"]) {
      const signedIn = await signIn(uaa, "marissa", "koala", origin);
      assert.equal(signedIn.status, 200, signedIn.text);
      assert.match(String(signedIn.json["scope"]), /cloud_controller\.global_auditor/);
    }
    const { json } = await uaa.json("GET", `/Users?filter=${encodeURIComponent('origin eq "ldap"')}`, admin);
    const [user] = json["resources"] as Json[];
    assert.equal(json["totalResults"], 1);
    assert.equal(user?.["userName"], "marissa");
    assert.equal(user?.["externalId"], "cn=marissa,ou=Users,dc=test,dc=com");
    assert.deepEqual(user?.["emails"], [{ value: "marissa@test.example", primary: false }]);

    for (const [name, word] of [
      ["marissa", "wrong"],
      ["marissa", ""],
      ["*", "koala"],
      ["marissa)(cn=*", "koala"],
      ["mar*", "koala"],
      ["nobody", "koala"],
    ] as const) {
      assert.equal((await signIn(uaa, name, word, "ldap")).status, 401, name);
      assert.equal((await signIn(uaa, name, word)).status, 401, name);
    }
    const elsewhere = await signIn(uaa, "marissa", "koala", "uaa");
    assert.equal(elsewhere.status, 401, "the origin of the hint alone is asked");
  },
);

test("simple bind, comparison of passwords, and groups that are scopes", options, async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const created = await uaa.json(
    "POST",
    "/identity-providers",
    admin,
    providerOf({
      ldapProfileFile: "ldap/ldap-simple-bind.xml",
      userDNPattern: "cn={0},ou=Nobody,dc=test,dc=com;cn={0},ou=Users,dc=test,dc=com",
      ldapGroupFile: "ldap/ldap-groups-as-scopes.xml",
      groupSearchBase: "ou=Groups,dc=test,dc=com",
      groupSearchFilter: "member={0}",
      groupRoleAttribute: "description",
    }),
  );
  assert.equal((await signIn(uaa, "marissa", "koala")).status, 200);
  assert.equal((await signIn(uaa, "marissa,ou=Users", "koala")).status, 401);
  const { json } = await uaa.json("GET", `/Groups?filter=${encodeURIComponent('displayName sw "ingot."')}`, admin);
  assert.deepEqual((json["resources"] as Json[]).map(({ displayName }) => displayName).sort(), [
    "ingot.deploy",
    "ingot.read",
  ]);
  const { status } = await uaa.json(
    "PUT",
    `/identity-providers/${String(created.json["id"])}`,
    admin,
    providerOf({ ldapProfileFile: "ldap/ldap-search-and-compare.xml" }),
  );
  assert.equal(status, 200);
  assert.equal((await signIn(uaa, "marissa", "koala")).status, 200);
  assert.equal((await signIn(uaa, "marissa", "koala2")).status, 401);
});

test("an operator tries a directory out before registering it", options, async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const attempt = async (config: Json, password: string) =>
    await uaa.json("POST", "/identity-providers/test", admin, {
      provider: providerOf(config),
      credentials: { username: "marissa", password },
    });
  assert.deepEqual([(await attempt({}, "koala")).status, (await attempt({}, "koala")).text], [200, '"ok"']);
  assert.deepEqual([(await attempt({}, "no")).status, (await attempt({}, "no")).text], [417, '"bad credentials"']);
  assert.equal((await attempt({ baseUrl: "ldap://127.0.0.1:1" }, "koala")).status, 400);
});

test("who is invited into the directory signs in there, with the address that was invited", options, async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const made = await uaa.json("POST", "/identity-providers", admin, providerOf({}));
  assert.equal(made.status, 201, made.text);
  await uaa.json("POST", "/oauth/clients", admin, {
    client_id: "corp",
    client_secret: "corp-secret-0123456789abcdef",
    authorized_grant_types: ["client_credentials", "authorization_code"],
    redirect_uri: ["https://app.example/done"],
    authorities: ["scim.invite"],
    allowedproviders: ["ldap"],
  });
  const corp = (await uaa.token({ grant_type: "client_credentials" }, "corp")).json["access_token"];
  const path = `/invite_users?${new URLSearchParams({ redirect_uri: "https://app.example/done" })}`;
  const { json } = await uaa.json("POST", path, corp, { emails: ["marissa@test.example", "other@test.example"] });
  const [invited, other] = json["new_invites"] as Json[];
  assert.equal(invited?.["origin"], "ldap");
  const open = async (invitation: Json | undefined, word: string) => {
    const browser = new UaaBrowser(uaa);
    const link = new URL(String(invitation?.["inviteLink"]));
    const page = await browser.get(link.pathname + link.search);
    return await browser.submit(page, { enterprise_username: "marissa", enterprise_password: word });
  };
  assert.match((await open(invited, "wrong")).text, /Provided credentials are invalid/);
  assert.match((await open(other, "koala")).text, /does not match the invited email/);
  const done = await open(invited, "koala");
  assert.equal(done.headers.get("location"), "https://app.example/done");
  assert.equal((await signIn(uaa, "marissa", "koala")).status, 200);
});
