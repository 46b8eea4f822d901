import assert from "node:assert/strict";
import { test } from "node:test";
import { innerPathOf, withInnerPaths } from "./inner-paths.ts";

test("paths of the container lead into its folder wherever a path can begin", () => {
  const cases: Record<string, string> = {
    "/home/vcap/app": "/r/home/vcap/app",
    "cd /home/vcap/app && PORT=1 /tmp/lifecycle/launcher '/tmp/x'":
      "cd /r/home/vcap/app && PORT=1 /r/tmp/lifecycle/launcher '/r/tmp/x'",
    "PATH=/home/vcap/app/bin:/usr/bin": "PATH=/r/home/vcap/app/bin:/usr/bin",
    "-buildDir=/tmp/app": "-buildDir=/r/tmp/app",
    "https://host/tmp/x": "https://host/tmp/x",
    "/home/vcapper /tmpfile": "/home/vcapper /tmpfile",
  };
  for (const [text, wanted] of Object.entries(cases)) assert.equal(withInnerPaths("/r", text), wanted);
});

test("single paths", () => {
  assert.equal(innerPathOf("/r", "/"), "/r/");
  assert.equal(innerPathOf("/r", "/home/vcap"), "/r/home/vcap");
  assert.equal(innerPathOf("/r", "relative"), "relative");
});
