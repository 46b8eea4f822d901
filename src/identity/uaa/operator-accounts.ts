import { audit } from "./audit.ts";
import type { OperatorUser, UaaAdmin } from "./client.ts";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import type { User } from "./model.ts";
import { ensureGroups } from "./new-group.ts";
import { freshUser } from "./new-user.ts";
import { setPassword } from "./password-change.ts";
import { checkPassword } from "./password-policy.ts";
import { validateUser } from "./scim-user.ts";

const PAGE = 500;
const GROUP_NAME = /^[\w.:*-]{1,255}$/;

/** Accounts, as the operator of the machine deals with them. Everything is durable when it resolves; all throw `UaaError`. */
export function operatorAccounts(
  context: UaaContext,
): Pick<UaaAdmin, "users" | "createUser" | "setUserPassword" | "setUserActive" | "changeUserGroups"> {
  const { users, groups, tokens, hasher, clock, database } = context;

  const named = async (userName: string): Promise<User> => {
    const found = await users.findByName(userName, null);
    const user = found.find(({ origin }) => origin === "uaa") ?? found[0];
    if (user === undefined) throw new UaaError("scim_resource_not_found", `there is no user ${userName}`);
    return user;
  };

  const toOperatorUsers = async (some: readonly User[]): Promise<OperatorUser[]> => {
    const held = await groups.groupsOfMany(some.map(({ id }) => id));
    return some.map(({ id, userName, origin, email, active, lastLogonMs, createdMs }) => ({
      ...{ id, userName, origin, email, active, lastLogonMs, createdMs },
      groups: (held.get(id) ?? []).map(({ group }) => group.displayName),
    }));
  };

  return {
    async *users() {
      const everybody = { kind: "present", attribute: "id" } as const;
      for (let offset = 0; ; offset += PAGE) {
        const page = { offset, limit: PAGE, sortBy: "userName", ascending: true };
        const { items } = await users.query(everybody, page);
        yield* await toOperatorUsers(items);
        if (items.length < PAGE) return;
      }
    },

    createUser: async ({ userName, email, password }) => {
      validateUser({ userName, email }, "uaa");
      await checkPassword(context, password);
      const passwordHash = await hasher.hash(password);
      const user = freshUser(context, { userName, email, origin: "uaa", passwordHash, verified: true });
      await users.insert(user);
      await database.durable();
      context.log.info("operator made a user", { userId: user.id });
      const [made] = await toOperatorUsers([user]);
      return made!;
    },

    setUserPassword: async (userName, password) => {
      const user = await named(userName);
      if (user.passwordHash === null) {
        throw new UaaError("invalid_scim_resource", `${userName} signs in at ${user.origin}, without a password here`);
      }
      await checkPassword(context, password);
      await setPassword(context, user, password);
    },

    setUserActive: async (userName, active) => {
      const user = await named(userName);
      const next = { ...user, active, version: user.version + 1, lastModifiedMs: clock.nowMs() };
      await users.update(next, user.version);
      if (active) await users.clearFailures(user.id);
      else await tokens.deleteTokensAndSessionsOf(user.id);
      await database.durable();
      if (active) audit(context, "UserAccountUnlockedEvent", { userId: user.id });
      context.log.info(active ? "operator activated a user" : "operator deactivated a user", { userId: user.id });
    },

    changeUserGroups: async (userName, { grant = [], revoke = [] }) => {
      const user = await named(userName);
      for (const name of [...grant, ...revoke]) {
        if (!GROUP_NAME.test(name)) throw new UaaError("invalid_scim_resource", `${name} is no name of a group`);
      }
      await ensureGroups(context, grant);
      for (const { id } of await groups.findByNames(grant)) {
        const member = { groupId: id, memberId: user.id, memberType: "USER", origin: "uaa" } as const;
        await groups.addMember(member, clock.nowMs());
      }
      for (const { id } of await groups.findByNames(revoke)) await groups.removeMember(id, user.id);
      await database.durable();
      context.log.info("operator changed groups", { userId: user.id, grant, revoke });
      const [changed] = await toOperatorUsers([user]);
      return changed!;
    },
  };
}
