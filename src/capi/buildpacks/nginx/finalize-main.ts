/** finalize: says how nginx starts. See ../README.md. */
import { Stager } from "../stager/stager.ts";
import { START_COMMAND } from "./start.ts";

const stager = new Stager(process.argv.slice(2));
stager.writeLaunchYml(START_COMMAND);
stager.writeLaunchEnvironment();
