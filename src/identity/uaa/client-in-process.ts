import { registerClients } from "./bootstrap.ts";
import type { SigningKeyInfo, UaaAdmin, UaaClient, UaaUser } from "./client.ts";
import type { UaaContext } from "./context.ts";
import { changeDashboardClients } from "./dashboard-clients.ts";
import { UaaError } from "./errors.ts";
import { tokenKeys } from "./handlers/keys.ts";
import type { User } from "./model.ts";
import { operatorAccounts } from "./operator-accounts.ts";
import { validateUser } from "./scim-user.ts";
import { createShadowUser } from "./shadow-user.ts";
import type { SigningKey } from "./signing-keys.ts";

/** At most this many ids or names a call, as over the wire. */
const IDS_MAX = 500;

/** The UAA for components of the same process: no sockets, no tokens. */
export function inProcessClient(context: UaaContext): UaaClient {
  const toUaaUser = ({ id, userName, origin }: User): UaaUser => ({ id, userName, origin });
  return {
    tokenKeys: async () => tokenKeys(context),
    usersById: async (ids) => {
      if (ids.length > IDS_MAX) throw new RangeError(`more than ${IDS_MAX} ids`);
      return (await context.users.findMany(ids)).map(toUaaUser);
    },
    usersByName: async (userNames, origin) => {
      if (userNames.length > IDS_MAX) throw new RangeError(`more than ${IDS_MAX} names`);
      return (await context.users.findByNames(userNames, origin)).map(toUaaUser);
    },
    ensureShadowUser: async (userName, origin) => {
      try {
        validateUser({ userName, email: userName }, origin);
      } catch (error) {
        if (!(error instanceof UaaError)) throw error;
        return { refused: error.message };
      }
      const [known] = await context.users.findByName(userName, origin);
      if (known !== undefined) return toUaaUser(known);
      const user = await createShadowUser(context, origin, { userName, email: userName, verified: true });
      await context.database.durable();
      return toUaaUser(user);
    },
    existingClients: async (ids) => {
      const found = await Promise.all(ids.map((id) => context.clients.find(id)));
      return found.flatMap((client) => client?.clientId ?? []);
    },
    changeDashboardClients: (changes) => changeDashboardClients(context, changes),
  };
}

/** The operator's side, in the same process. */
export function inProcessAdmin(context: UaaContext): UaaAdmin {
  const { keys, log } = context;
  const toInfo = ({ id, createdMs }: SigningKey): SigningKeyInfo => ({ id, createdMs, active: keys.active.id === id });
  return {
    ping: async () => {
      await context.users.findMany([""]);
    },
    signingKeys: async () => keys.all.map(toInfo),
    rotateSigningKey: async () => {
      const key = await keys.rotate();
      log.info("signing key rotated", { keyId: key.id });
      return toInfo(key);
    },
    removeSigningKey: async (id) => {
      await keys.remove(id);
      log.info("signing key removed", { keyId: id });
    },
    ...operatorAccounts(context),
    registerClients: async (clients) => {
      await registerClients(context, clients);
      await context.database.durable();
      log.info("clients registered anew", { count: clients.length });
    },
  };
}
