import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { systemClock } from "../../kit/clock-system.ts";
import { startTicksOf } from "../../kit/process-identity.ts";
import { systemRandom } from "../../kit/random-system.ts";
import type { WorkerConfig } from "./config.ts";
import { serve } from "./worker/serve.ts";

// A Gorouter worker process: `node worker.ts CONFIG-FILE`. Signals for the platform's main process are not for it: it goes
// on serving while main restarts, and ends only when main asks for it or when its control socket is gone.
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);
process.on("SIGPIPE", () => undefined);

const file = process.argv[2];
if (file === undefined) throw new Error("usage: worker.ts CONFIG-FILE");
const config = JSON.parse(readFileSync(file, "utf8")) as WorkerConfig;
const { pid } = process;
const startTicks = startTicksOf(pid) ?? "";
const deps = { clock: systemClock(), random: systemRandom(), pid, startTicks };
// Node writes its compile cache at exit; this process is rather killed one day than asked to exit.
const code = await serve(config, { ...deps, ready: flushCompileCache });
process.exit(code);
