/** finalize: says how nginx starts. See ../README.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stager } from "../stager/stager.ts";
import { START_COMMAND } from "./start.ts";

const stager = new Stager(process.argv.slice(2));
const launch = { processes: [{ type: "web", command: START_COMMAND }] };
writeFileSync(join(stager.depDir, "launch.yml"), `${JSON.stringify(launch)}\n`);
stager.writeLaunchEnvironment();
