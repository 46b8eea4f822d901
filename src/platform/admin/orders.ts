import { z } from "zod";
import type { BootstrapClient, UaaAdmin } from "../../identity/uaa/index.ts";
import { ADMIN_GROUPS, UaaError } from "../../identity/uaa/index.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Secrets } from "../../kit/random.ts";
import type { CertificateRenewal } from "../certificate-renewal.ts";
import { RefusedError } from "../control.ts";
import type { SecretStore } from "../secret-store.ts";
import { type CheckParts, checkRunning } from "./check-running.ts";
import { rotate } from "./rotate.ts";
import type { SealRotation } from "./seal-rotation.ts";

/** What an operator's orders work with. */
export interface OrderParts {
  readonly store: SecretStore;
  readonly uaa: UaaAdmin;
  readonly certificates: CertificateRenewal;
  readonly check: CheckParts;
  readonly sealing: SealRotation;
  /** The platform's clients as the store has them now. */
  readonly clients: () => readonly BootstrapClient[];
  readonly adminUser: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts what takes long when the platform stops. */
  readonly signal: AbortSignal;
}

const name = z.string().min(1).max(255);
const password = z.string().min(1).max(255);
const admin = z.boolean().default(false);
const groups = z.array(name).max(100).default([]);

/** By name: what each takes, and what it does. */
const ORDERS = {
  "users/list": order(z.strictObject({}), async ({ uaa }) => ({ users: await Array.fromAsync(uaa.users()) })),
  "users/create": order(
    z.strictObject({ userName: name, email: name.optional(), password, groups, admin }),
    async ({ uaa }, { userName, email = userName, password, groups, admin }) => {
      const made = await uaa.createUser({ userName, email, password });
      const grant = [...groups, ...(admin ? ADMIN_GROUPS : [])];
      return { user: grant.length === 0 ? made : await uaa.changeUserGroups(userName, { grant }) };
    },
  ),
  "users/password": order(z.strictObject({ userName: name, password }), async (parts, { userName, password }) => {
    await parts.uaa.setUserPassword(userName, password);
    // `./ingot login` signs in with it.
    if (userName.toLowerCase() === parts.adminUser) parts.store.change({ adminPassword: password });
  }),
  "users/active": order(z.strictObject({ userName: name, active: z.boolean() }), ({ uaa }, { userName, active }) =>
    uaa.setUserActive(userName, active),
  ),
  "users/groups": order(
    z.strictObject({ userName: name, change: z.enum(["grant", "revoke"]), groups, admin }),
    async ({ uaa }, { userName, change, groups, admin }) => {
      const names = [...groups, ...(admin ? ADMIN_GROUPS : [])];
      return { user: await uaa.changeUserGroups(userName, { [change]: names }) };
    },
  ),
  check: order(
    z.strictObject({ repair: z.boolean(), damaged: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(1_000) }),
    async ({ check, signal }, body) => ({ differences: await checkRunning(body, check, signal) }),
  ),
  rotate: order(
    z.strictObject({
      what: z.enum(["seal-key", "signing-keys", "client-secrets", "certificates"]),
      dropOld: z.boolean().default(false),
    }),
    (parts, { what, dropOld }) => rotate(what, dropOld, parts),
  ),
};

interface Order {
  carryOut(parts: OrderParts, body: unknown): Promise<unknown>;
}

function order<T>(body: z.ZodType<T>, work: (parts: OrderParts, body: T) => Promise<unknown>): Order {
  return {
    carryOut: async (parts, given) => {
      const read = body.safeParse(given);
      if (!read.success) throw new RefusedError(z.prettifyError(read.error).replaceAll("\n", " "));
      return await work(parts, read.data);
    },
  };
}

/** Throws `RefusedError` for what is unknown, malformed or not possible. */
export async function carryOut(parts: OrderParts, name: string, body: unknown): Promise<unknown> {
  const known = Object.entries(ORDERS).find(([one]) => one === name)?.[1];
  if (known === undefined) throw new RefusedError(`there is no order ${name}`);
  try {
    return await known.carryOut(parts, body);
  } catch (error) {
    if (error instanceof UaaError) throw new RefusedError(error.message, { cause: error });
    if (!(error instanceof RefusedError)) parts.log.error("an operator's order failed", { order: name, error });
    throw error;
  }
}
