/** For the launcher: prints shell assignments of the variables that bound services bring. */
import { writeSync } from "node:fs";
import { goDurationMs } from "./builder-config.ts";
import { serviceEnvironment } from "./service-environment.ts";

const flags = new Map(
  process.argv.slice(2).map((arg): [string, string] => {
    const [name = "", value = ""] = arg.replace(/^--?/, "").split("=", 2);
    return [name, value];
  }),
);
try {
  const changes = await serviceEnvironment(process.env, {
    attempts: Number(flags.get("credhubConnectAttempts") ?? 3),
    delayMs: goDurationMs("credhubRetryDelay", flags.get("credhubRetryDelay") ?? "1s"),
    print: (line) => void writeSync(2, `${line}\n`),
  });
  for (const [name, value] of Object.entries(changes)) {
    writeSync(1, `export ${name}='${value.replaceAll("'", "'\\''")}'\n`);
  }
} catch (error) {
  writeSync(2, (error as Error).message);
  process.exitCode = 3;
}
