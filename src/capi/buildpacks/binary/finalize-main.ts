/** finalize: only what other buildpacks supplied needs to be gathered. See ../README.md. */
import { Stager } from "../stager/stager.ts";

new Stager(process.argv.slice(2)).writeLaunchEnvironment();
