import { enableCompileCache } from "node:module";
import { join } from "node:path";

// The compile cache keeps stripped and compiled modules, so that the second start parses nothing (reference: boot findings).
enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "ingot-compile"));

// A run that writes the compatibility table asks every process what it serves.
if (process.env["INGOT_RECORD_SERVED"] !== undefined) await import("./commands/compatibility/record-main.ts");

const { dispatch } = await import("./commands/dispatch.ts");
process.exitCode = await dispatch(process.argv.slice(2));
