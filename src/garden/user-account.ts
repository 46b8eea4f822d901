import { VCAP } from "./config.ts";
import { GardenError } from "./errors.ts";

export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

const KNOWN: readonly UserAccount[] = [
  { name: "root", uid: 0, gid: 0, home: "/root" },
  { name: "vcap", uid: VCAP.uid, gid: VCAP.gid, home: VCAP.home },
];
const ID_MAX = 65_535;

/**
 * Who a process runs as. The stacks are ours, so their accounts are known here and no file of a tenant is asked. Takes
 * a name, `uid` or `uid:gid` (Garden: ProcessSpec.User); throws kind `invalid` for others.
 */
export function userAccount(user: string): UserAccount {
  const wanted = user === "" ? "root" : user;
  const known = KNOWN.find(({ name, uid }) => name === wanted || String(uid) === wanted);
  if (known !== undefined) return known;
  const ids = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(wanted);
  const uid = Number(ids?.[1] ?? Number.NaN);
  const gid = Number(ids?.[2] ?? uid);
  if (ids === null || uid > ID_MAX || gid > ID_MAX) throw new GardenError("invalid", `unable to find user ${wanted}`);
  const sameUid = KNOWN.find((account) => account.uid === uid);
  return { name: sameUid?.name ?? String(uid), uid, gid, home: sameUid?.home ?? "/" };
}
