import { enableCompileCache } from "node:module";
import { join } from "node:path";

// The compile cache keeps stripped and compiled modules, so that the second start parses nothing (reference: boot findings).
enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "ingot-compile"));

const { dispatch } = await import("./commands/dispatch.ts");
process.exitCode = await dispatch(process.argv.slice(2));
