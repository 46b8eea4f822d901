import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMAND_CATEGORIES, COMMANDS } from "./command-list.ts";
import { commonHelp, fullHelp } from "./help-overview.ts";

test("help -a shows every command once, with what it does", () => {
  const lines = fullHelp(COMMAND_CATEGORIES, "1.2.3").split("\n");
  for (const { name, about } of COMMANDS) {
    const shown = lines.filter((line) => line.startsWith(`   ${name} `));
    assert.equal(shown.length, 1, `${name} is shown ${shown.length} times`);
    assert.ok(shown[0]!.endsWith(` ${about}`), name);
  }
});

test("help shows the commands of every day with their aliases in columns", () => {
  const text = commonHelp(COMMAND_CATEGORIES, "1.2.3");
  assert.match(text, /^cf version 1\.2\.3, Cloud Foundry command line tool\nUsage: cf \[global options\] command/);
  assert.match(text, /\n {2}help,h {4}logout,lo {4}switch-space\n/);
  assert.match(text, /\n {2}orgs,o {7}set-org-role\n/);
});
