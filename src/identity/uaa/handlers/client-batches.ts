import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Registrar, refuse } from "../client-rules.ts";
import { changedSecrets, fitsAnySecret } from "../client-secrets.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { wireClient } from "../oauth-client-json.ts";
import type { ClientChange } from "../store-clients.ts";
import { findClient, newClient, updatedClient } from "./clients.ts";
import { requireManager } from "./request.ts";
import { COUNT_MAX } from "./scim-query.ts";

type Body = Readonly<Record<string, unknown>>;
interface Step {
  readonly changes: readonly ClientChange[];
  readonly answer: Record<string, unknown>;
}

/** Many clients in one request: all or none. UAA: ClientAdminEndpoints, `/oauth/clients/tx` */
export function registerClientBatches(server: FastifyInstance, context: UaaContext): void {
  const admin: Registrar | null = null;

  const batch = async (request: FastifyRequest, step: (body: Body) => Promise<Step>): Promise<unknown[]> => {
    await requireManager(context, request, "clients.admin");
    const steps: Step[] = [];
    for (const body of bodiesOf(request)) steps.push(await step(body));
    await context.clients.apply(steps.flatMap(({ changes }) => changes));
    await context.database.durable();
    return steps.map(({ answer }) => answer);
  };

  const add = async (body: Body): Promise<Step> => {
    const client = await newClient(context, admin, body);
    return { changes: [{ kind: "insert", client }], answer: wireClient(client) };
  };
  const update = async (body: Body): Promise<Step> => {
    const client = updatedClient(context, admin, await findClient(context, idOf(body)), body);
    return { changes: [{ kind: "update", client }], answer: wireClient(client) };
  };
  const remove = async (body: Body): Promise<Step> => {
    const client = await findClient(context, idOf(body));
    return { changes: [{ kind: "delete", client }], answer: { ...wireClient(client), approvals_deleted: true } };
  };
  /** Whoever gets a new secret without showing the old one must be approved by the users anew. */
  const secret = async (body: Body, given: unknown, oldSecret: unknown, alsoFields: boolean): Promise<Step> => {
    const stored = await findClient(context, idOf(body));
    const isKnown = await fitsAnySecret(context, stored, oldSecret);
    const client = {
      ...(alsoFields ? updatedClient(context, admin, stored, body) : stored),
      secretHashes: await changedSecrets(context, stored, "UPDATE", given),
    };
    const changes: ClientChange[] = [{ kind: "update", client }];
    if (!isKnown) changes.push({ kind: "delete-approvals", client });
    return { changes, answer: { ...wireClient(client), approvals_deleted: !isKnown } };
  };

  server.post("/oauth/clients/tx", async (request, reply) => reply.code(201).send(await batch(request, add)));
  server.put("/oauth/clients/tx", (request) => batch(request, update));
  server.post("/oauth/clients/tx/delete", (request) => batch(request, remove));
  server.post("/oauth/clients/tx/secret", (request) =>
    batch(request, (body) => secret(body, body["secret"], body["oldSecret"], false)),
  );
  server.post("/oauth/clients/tx/modify", (request) =>
    batch(request, async (body) => {
      const { action } = body;
      const given = body["client_secret"];
      const step =
        action === "add"
          ? await add(body)
          : action === "delete"
            ? await remove(body)
            : action === "update"
              ? await update(body)
              : action === "update,secret" || action === "secret"
                ? await secret(body, given, given, action !== "secret")
                : null;
      if (step === null) throw refuse("Invalid action.");
      return { ...step, answer: { ...step.answer, action } };
    }),
  );
}

function bodiesOf(request: FastifyRequest): readonly Body[] {
  const { body } = request;
  if (!Array.isArray(body) || body.length > COUNT_MAX) {
    throw new UaaError("invalid_request", "The request body must be a list of clients");
  }
  if (body.length === 0) throw refuse("Message body does not contain any clients.");
  return body.map((entry: unknown) => {
    if (typeof entry === "object" && entry !== null && !Array.isArray(entry)) return entry as Body;
    throw new UaaError("invalid_request", "A client must be an object");
  });
}

function idOf(body: Body): string {
  const id = body["client_id"] ?? body["clientId"];
  return typeof id === "string" ? id : "";
}
