/** For the launcher: entry point and start command of the staging_info.yml on standard input, a line and the rest. */
import { readFileSync, writeSync } from "node:fs";
import { parseYaml } from "./yaml-file.ts";

try {
  const info = ((await parseYaml(readFileSync(0, "utf8"))) ?? {}) as Record<string, unknown>;
  const config = (info["config"] ?? {}) as Record<string, unknown>;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  writeSync(1, `${text(config["entrypoint_prefix"])}\n${text(info["start_command"])}`);
} catch (error) {
  writeSync(2, `Invalid staging info - failed to unmarshal staging_info.yml: ${(error as Error).message}`);
  process.exitCode = 1;
}
