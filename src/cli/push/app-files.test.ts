import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gatherAppFiles } from "./app-files.ts";
import { writeZip } from "./upload.ts";

async function appFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ingot-app-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "app", "lib"), { recursive: true });
  await mkdir(join(folder, "app", "node_modules", "x"), { recursive: true });
  await mkdir(join(folder, "app", ".git"));
  await writeFile(join(folder, "app", "server.js"), "hello");
  await writeFile(join(folder, "app", "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  await writeFile(join(folder, "app", "lib", "a.js"), "");
  await writeFile(join(folder, "app", "node_modules", "x", "i.js"), "x");
  await writeFile(join(folder, "app", ".git", "HEAD"), "ref");
  await writeFile(join(folder, "app", ".cfignore"), "node_modules\n");
  await symlink("server.js", join(folder, "app", "main.js"));
  return folder;
}

test("a folder is gathered without what is ignored, with hashes, links and permissions", async (context) => {
  const folder = await appFolder(context);
  await using gathered = await gatherAppFiles(join(folder, "app"));
  const shown = gathered.files.map(({ path, kind, mode }) => `${path} ${kind} ${mode.toString(8)}`);
  assert.deepEqual(shown, [
    "lib folder 755",
    "lib/a.js file 644",
    "main.js link 777",
    "run.sh file 755",
    "server.js file 644",
  ]);
  const server = gathered.files.find(({ path }) => path === "server.js")!;
  assert.equal(server.sha1, "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
  assert.equal(gathered.files.find(({ kind }) => kind === "link")!.target, "server.js");
});

test("what is written as a zip is gathered again alike", async (context) => {
  const folder = await appFolder(context);
  const archive = join(folder, "app.zip");
  await using gathered = await gatherAppFiles(join(folder, "app"));
  await writeZip(archive, gathered.files);
  await using again = await gatherAppFiles(archive);
  const sums = (files: typeof again.files): string[] =>
    files.map(({ path, kind, sha1, target }) => `${path} ${kind} ${sha1} ${target}`);
  assert.deepEqual(sums(again.files), sums(gathered.files));
});

test("an exception inside an ignored folder is found", async (context) => {
  const folder = await appFolder(context);
  await writeFile(join(folder, "app", ".cfignore"), "node_modules/**\n!node_modules/x/\n!node_modules/x/**\n");
  await using gathered = await gatherAppFiles(join(folder, "app"));
  assert.ok(gathered.files.some(({ path }) => path === "node_modules/x/i.js"));
});

test("an empty folder is refused by name", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-app-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await assert.rejects(gatherAppFiles(folder), { message: `No app files found in '${folder}'` });
});
