import assert from "node:assert/strict";
import { test } from "node:test";
import { processEnvironment } from "./process-environment.ts";
import { userAccount } from "./user-account.ts";

test("accounts are known by name, id or both ids; nobody means root as in Garden", () => {
  assert.deepEqual(userAccount("vcap"), { name: "vcap", uid: 2000, gid: 2000, home: "/home/vcap" });
  assert.equal(userAccount("").uid, 0);
  assert.equal(userAccount("2000").name, "vcap");
  assert.deepEqual(userAccount("1234:99"), { name: "1234", uid: 1234, gid: 99, home: "/" });
  for (const wrong of ["alice", "-1", "70000", "1:2:3", "2000 --cap-add"]) {
    assert.throws(() => userAccount(wrong), { kind: "invalid" }, wrong);
  }
});

test("the process's variables win over the container's, and both over what is assumed", () => {
  const lines = processEnvironment(
    [
      { name: "A", value: "container" },
      { name: "PATH", value: "/mine" },
    ],
    [{ name: "A", value: "process" }],
    userAccount("vcap"),
  );
  assert.deepEqual(new Set(lines), new Set(["PATH=/mine", "USER=vcap", "HOME=/home/vcap", "A=process"]));
});
