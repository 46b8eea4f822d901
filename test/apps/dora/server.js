// What the system and abuse tests push: it does on request what apps of the field do, and what hostile ones try.
const { execFile, spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");

const kept = [];
const actions = {
  "/": () => `dora instance ${process.env.CF_INSTANCE_INDEX}`,
  "/env": () => JSON.stringify(process.env),
  "/exit": (query) => setTimeout(() => process.exit(Number(query.get("code") ?? 1)), 10) && "bye",
  "/log": (query) => console.log(query.get("text")) ?? "logged",
  "/spam": async (query) => {
    const lines = `${"x".repeat(999)}\n`.repeat(64);
    for (let blocks = Number(query.get("mb")) * 16; blocks > 0; blocks--) {
      if (!process.stdout.write(lines)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
    return "spammed";
  },
  "/memory": (query) => {
    for (let mb = Number(query.get("mb")); mb > 0; mb--) kept.push(Buffer.alloc(1024 * 1024, mb));
    return `${kept.length} MB`;
  },
  "/disk": (query) => {
    const file = fs.openSync("/home/vcap/tmp/fill", "a");
    const block = Buffer.alloc(1024 * 1024, 1);
    try {
      // Synced now and then: dirty pages count as memory, and this is about the disk.
      for (let mb = Number(query.get("mb")); mb > 0; mb--) {
        fs.writeSync(file, block);
        if (mb % 16 === 0) fs.fdatasyncSync(file);
      }
      return "written";
    } catch (error) {
      return error.code;
    } finally {
      fs.closeSync(file);
    }
  },
  "/forks": (query) => {
    let started = 0;
    let failed = 0;
    for (let count = Number(query.get("count")); count > 0; count--) {
      const child = spawn("sleep", ["5"], { stdio: "ignore" });
      child.on("error", () => failed++);
      if (child.pid === undefined) failed++;
      else started++;
    }
    return JSON.stringify({ started, failed });
  },
  "/sh": (query) =>
    new Promise((resolve) => {
      execFile("bash", ["-c", query.get("command")], { timeout: 20_000 }, (error, stdout, stderr) =>
        resolve(JSON.stringify({ code: error?.code ?? 0, stdout, stderr })),
      );
    }),
};

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, "http://dora");
  const action = actions[url.pathname];
  try {
    response.statusCode = action === undefined ? 404 : 200;
    response.end(action === undefined ? "no such action" : String(await action(url.searchParams)));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
if (process.env.NEVER_LISTEN === undefined) server.listen(process.env.PORT, () => console.log("dora listens"));
else setInterval(() => undefined, 1000);
