import { DEFAULT_PASSWORD_POLICY } from "../password-policy.ts";
import { basic, newUser, secretOf } from "./boot-uaa.ts";
import { CALLBACK, type Call, PASSWORD, type UaaWorld } from "./world.ts";

type Recipe = (world: UaaWorld) => Call | Promise<Call>;

const ANY_VERSION = { "if-match": "*" };

const byUser: Recipe = async (world) => ({ params: { id: (await world.user()).id } });
const byGroup: Recipe = async (world) => ({ params: { id: (await world.group()).id } });
const byClient: Recipe = async (world) => ({ params: { client: await world.client() } });
const byMapping: Recipe = async (world) => ({ params: await world.mapping() });
const byProvider: Recipe = async (world) => ({ params: { id: (await world.provider()).id } });
const byMember: Recipe = async (world) => {
  const { id: memberId } = await world.user();
  return { params: { id: (await world.group([memberId])).id, memberId } };
};
const changedGroup: Recipe = async (world) => {
  const { id, name } = await world.group();
  return { params: { id }, json: { displayName: name, description: "d" }, headers: ANY_VERSION };
};
const changedUser: Recipe = async (world) => {
  const { id, name } = await world.user();
  const { password: _, ...body } = newUser(name);
  return { params: { id }, json: { ...body, name: { givenName: "G" } }, headers: ANY_VERSION };
};
const token: Recipe = async (world) => ({ form: { token: await world.clientToken("openid") } });
const grant: Recipe = () => ({ params: { entityId: "x" }, form: { grant_type: "client_credentials" } });
const approval: Recipe = () => ({
  json: [{ clientId: "cf", scope: "openid", status: "APPROVED" }],
  params: { clientId: "cf" },
});
const resetCode = async (world: UaaWorld): Promise<string> => {
  const { name } = await world.user();
  const login = await world.clientToken("oauth.login");
  const answer = await world.send("POST", "/password_resets", { text: name }, `bearer ${login}`);
  return String(answer.json["code"]);
};

/** By `METHOD path`: a request that works for who may. Each time it is about something new. An endpoint without one needs nothing. */
export const CALLS: Readonly<Record<string, Recipe>> = {
  "PUT /approvals": approval,
  "PUT /approvals/:clientId": approval,
  "DELETE /approvals": () => ({ query: { clientId: "cf" } }),
  "POST /authenticate": () => ({ form: { username: "admin", password: "s3cret" } }),
  "POST /autologin": () => ({ json: { username: "admin", password: "s3cret" } }),
  "GET /autologin": async (world) => {
    const client = await world.client();
    const call = { json: { username: "admin", password: "s3cret" } };
    const { json } = await world.send("POST", "/autologin", call, basic(client, secretOf(client)));
    return { query: { code: String(json["code"]), client_id: client } };
  },
  "GET /check_token": async (world) => ({ query: { token: await world.clientToken("openid") } }),
  "POST /check_token": token,
  "POST /introspect": token,
  "POST /Codes": () => ({ json: { data: "{}", expiresAt: Date.now() + 60_000 } }),
  "GET /Codes/:code": async (world) => {
    const made = await world.make("POST", "/Codes", { data: "{}", expiresAt: Date.now() + 60_000 });
    return { params: { code: String(made["code"]) } };
  },
  "POST /email_verifications": async (world) => ({
    json: { userId: (await world.user()).id, email: `${world.name("new")}@example.org` },
  }),
  "POST /email_changes": async (world) => {
    const call = { json: { userId: (await world.user()).id, email: `${world.name("new")}@example.org` } };
    const login = await world.clientToken("oauth.login");
    return { text: (await world.send("POST", "/email_verifications", call, `bearer ${login}`)).text };
  },
  "POST /Groups": (world) => ({ json: { displayName: world.name("group") } }),
  "GET /Groups/:id": byGroup,
  "PUT /Groups/:id": changedGroup,
  "PATCH /Groups/:id": changedGroup,
  "DELETE /Groups/:id": byGroup,
  "GET /Groups/:id/members": byGroup,
  "POST /Groups/:id/members": async (world) => ({
    params: { id: (await world.group()).id },
    json: { value: (await world.user()).id },
  }),
  "GET /Groups/:id/members/:memberId": byMember,
  "DELETE /Groups/:id/members/:memberId": byMember,
  "POST /Groups/External": async (world) => ({
    json: { groupId: (await world.group()).id, externalGroup: world.name("outside") },
  }),
  "DELETE /Groups/External/:displayName/:externalGroup": byMapping,
  "DELETE /Groups/External/displayName/:displayName/externalGroup/:externalGroup": byMapping,
  "DELETE /Groups/External/displayName/:displayName/externalGroup/:externalGroup/origin/:origin": byMapping,
  "DELETE /Groups/External/groupId/:groupId/externalGroup/:externalGroup": byMapping,
  "DELETE /Groups/External/groupId/:groupId/externalGroup/:externalGroup/origin/:origin": byMapping,
  "DELETE /Groups/External/id/:groupId/:externalGroup": byMapping,
  "POST /Groups/zones": async (world) => ({
    json: { displayName: "zones.some.read", members: [{ value: (await world.user()).id }] },
  }),
  "DELETE /Groups/zones/:userId/:zoneId": async (world) => ({
    params: { userId: await world.zoneManager("some"), zoneId: "some" },
  }),
  "DELETE /Groups/zones/:userId/:zoneId/:scope": async (world) => ({
    params: { userId: await world.zoneManager("some"), zoneId: "some", scope: "admin" },
  }),
  "POST /identity-providers": (world) => ({ json: world.providerBody() }),
  "GET /identity-providers/:id": byProvider,
  "PUT /identity-providers/:id": async (world) => {
    const { id, origin } = await world.provider();
    return { params: { id }, json: world.providerBody(origin) };
  },
  "DELETE /identity-providers/:id": byProvider,
  "PATCH /identity-providers/:id/status": async (world) => {
    const [internal] = (await world.make("GET", "/identity-providers?originKey=uaa", undefined)) as unknown as [
      { id: string },
    ];
    const body = { originKey: "uaa", name: "uaa", type: "uaa", config: { passwordPolicy: DEFAULT_PASSWORD_POLICY } };
    await world.make("PUT", `/identity-providers/${internal.id}`, body);
    return { params: { id: internal.id }, json: { requirePasswordChange: true } };
  },
  "POST /identity-providers/test": () => ({
    json: {
      provider: { originKey: "ldap", name: "ldap", type: "ldap", config: { baseUrl: "ldap://127.0.0.1:9" } },
      credentials: { username: "x", password: "y" },
    },
  }),
  "POST /identity-zones": (world) => {
    const id = world.name("zone");
    return { json: { id, subdomain: id, name: id } };
  },
  "GET /identity-zones/:id": async (world) => ({ params: { id: await world.zone() } }),
  "PUT /identity-zones/:id": async (world) => {
    const id = await world.zone();
    return { params: { id }, json: { subdomain: id, name: "renamed" } };
  },
  "DELETE /identity-zones/:id": async (world) => ({ params: { id: await world.newZone() } }),
  "POST /identity-zones/:id/clients": async (world) => ({
    params: { id: await world.zone() },
    json: { ...world.clientBody(), scope: ["openid"] },
  }),
  "DELETE /identity-zones/:id/clients/:clientId": async (world) => {
    const id = await world.zone();
    const body = { ...world.clientBody(), scope: ["openid"] };
    await world.make("POST", `/identity-zones/${id}/clients`, body);
    return { params: { id, clientId: String((body as Record<string, unknown>)["client_id"]) } };
  },
  "GET /ids/Users": () => ({ query: { filter: 'userName eq "admin"' } }),
  "POST /ids/Users": () => ({ form: { filter: 'userName eq "admin"' } }),
  "POST /invite_users": (world) => ({
    query: { redirect_uri: CALLBACK, client_id: "cf" },
    json: { emails: [`${world.name("guest")}@example.org`] },
  }),
  "POST /login.do": () => ({ form: { username: "admin", password: "s3cret" }, headers: { accept: "text/html" } }),
  "POST /login/idp_discovery": () => ({ form: { email: "x@example.org" } }),
  "GET /oauth/authorize": async (world) => ({
    query: {
      client_id: await world.client({ scope: ["openid"], autoapprove: true }),
      response_type: "code",
      redirect_uri: CALLBACK,
    },
  }),
  "POST /oauth/authorize": async (world) => ({
    form: {
      client_id: await world.client({ scope: ["openid"], autoapprove: true }),
      response_type: "code",
      redirect_uri: CALLBACK,
    },
  }),
  "POST /oauth/clients": (world) => ({ json: world.clientBody() }),
  "GET /oauth/clients/:client": byClient,
  "PUT /oauth/clients/:client": async (world) => {
    const client = await world.client();
    return { params: { client }, json: { ...world.clientBody(client), autoapprove: true } };
  },
  "DELETE /oauth/clients/:client": byClient,
  "PUT /oauth/clients/:client/clientjwt": async (world) => ({
    params: { client: await world.client() },
    json: { jwks_uri: "https://shop.example/keys" },
  }),
  "GET /oauth/clients/:client/meta": byClient,
  "PUT /oauth/clients/:client/meta": async (world) => ({
    params: { client: await world.client() },
    json: { showOnHomePage: true, appLaunchUrl: "https://shop.example/" },
  }),
  "PUT /oauth/clients/:client/secret": async (world) => ({
    params: { client: await world.client() },
    json: { secret: "another one" },
  }),
  "POST /oauth/clients/restricted": (world) => ({ json: world.clientBody() }),
  "PUT /oauth/clients/restricted/:client": async (world) => {
    const client = await world.client();
    return { params: { client }, json: world.clientBody(client) };
  },
  "POST /oauth/clients/tx": (world) => ({ json: [world.clientBody(), world.clientBody()] }),
  "PUT /oauth/clients/tx": async (world) => ({ json: [world.clientBody(await world.client())] }),
  "POST /oauth/clients/tx/delete": async (world) => ({ json: [{ client_id: await world.client() }] }),
  "POST /oauth/clients/tx/modify": async (world) => ({ json: [{ ...world.clientBody(), action: "add" }] }),
  "POST /oauth/clients/tx/secret": async (world) => ({
    json: [{ client_id: await world.client(), secret: "another" }],
  }),
  "GET /oauth/token": () => ({ query: { grant_type: "client_credentials" } }),
  "POST /oauth/token": grant,
  "POST /oauth/token/alias/:entityId": grant,
  "GET /oauth/token/list/client/:clientId": () => ({ params: { clientId: "cf" } }),
  "GET /oauth/token/list/user/:userId": async (world) => ({ params: { userId: (await world.user()).id } }),
  "DELETE /oauth/token/revoke/:tokenId": async (world) => {
    const id = await world.client({ authorized_grant_types: ["client_credentials"] });
    const made = await world.uaa.token({ grant_type: "client_credentials" }, id);
    return { params: { tokenId: String(made.json["jti"]) } };
  },
  "GET /oauth/token/revoke/client/:clientId": async (world) => ({ params: { clientId: await world.client() } }),
  "GET /oauth/token/revoke/user/:userId": async (world) => ({ params: { userId: (await world.user()).id } }),
  "GET /oauth/token/revoke/user/:userId/client/:clientId": async (world) => ({
    params: { userId: (await world.user()).id, clientId: await world.client() },
  }),
  "POST /password_change": async (world) => ({ json: { code: await resetCode(world), new_password: "another one" } }),
  "POST /password_resets": async (world) => ({ text: (await world.user()).name }),
  "GET /session": () => ({ query: { clientId: "cf", messageOrigin: "https://shop.example" } }),
  "GET /session_management": () => ({ query: { clientId: "cf", messageOrigin: "https://shop.example" } }),
  "POST /Users": (world) => ({ json: newUser(world.name("user")) }),
  "GET /Users/:id": byUser,
  "PUT /Users/:id": changedUser,
  "PATCH /Users/:id": changedUser,
  "DELETE /Users/:id": byUser,
  "PUT /Users/:id/password": async (world) => ({
    params: { id: (await world.user()).id },
    json: { oldPassword: PASSWORD, password: "another one" },
  }),
  "PATCH /Users/:id/status": async (world) => ({ params: { id: (await world.user()).id }, json: { locked: false } }),
  "GET /Users/:id/verify": byUser,
  "GET /Users/:id/verify-link": async (world) => ({
    params: { id: (await world.user({ verified: false })).id },
    query: { redirect_uri: CALLBACK },
  }),
};
