/** The builder: runs in a staging container, turns an app into a droplet. See ../README.md. */
import { rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type BuilderConfig, FlagError, parseBuilderFlags } from "./builder-config.ts";
import { BuildpackRunner } from "./buildpack-runner.ts";
import { writeArchive } from "./droplet.ts";
import { ServiceEnvironmentError, serviceEnvironment } from "./service-environment.ts";
import { exitCodeOf, StagingError } from "./staging-error.ts";

// Written synchronously: buildpacks write to the same pipes, and lines must stay in order.
const print = {
  line: (text: string): void => void writeSync(1, `${text}\n`),
  error: (text: string): void => void writeSync(2, `${text}\n`),
};

async function main(args: readonly string[]): Promise<number> {
  let config: BuilderConfig;
  try {
    config = parseBuilderFlags(args);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    print.error(error.message);
    return error.message.startsWith("missing flag") ? 1 : 2;
  }
  try {
    const retry = {
      attempts: config.credhubConnectAttempts,
      delayMs: config.credhubRetryDelayMs,
      print: print.line,
    };
    Object.assign(process.env, await serviceEnvironment(process.env, retry));
  } catch (error) {
    if (!(error instanceof ServiceEnvironmentError)) throw error;
    print.error(error.message);
    return error.exitCode;
  }
  const runtimesDir = process.env["INGOT_RUNTIMES"] ?? join(import.meta.dirname, "runtimes");
  const runner = new BuildpackRunner(config, print);
  try {
    await runner.run();
    const roots = [
      { path: runner.contentsDir, name: "." },
      { path: config.buildDir, name: "./app" },
    ];
    await writeArchive(config.outputDroplet, roots, runtimesDir).catch((error) => {
      throw new StagingError("Failed to compress droplet filesystem", error);
    });
    const cache = [{ path: config.buildArtifactsCacheDir, name: "." }];
    await writeArchive(config.outputBuildArtifactsCache, cache, runtimesDir).catch((error) => {
      throw new StagingError("Failed to compress build artifacts", error);
    });
    return 0;
  } catch (error) {
    print.error(error instanceof Error ? error.message : String(error));
    return exitCodeOf(error);
  } finally {
    rmSync(runner.contentsDir, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
