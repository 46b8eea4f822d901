import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { runCf } from "../../src/cli/index.ts";
import { systemClock } from "../../src/kit/clock-system.ts";
import { systemRandom } from "../../src/kit/random-system.ts";

/** Path of an official cf CLI: then that is run instead of ours, and shows that what tests expect of ours is right. */
const OFFICIAL = process.env["INGOT_OFFICIAL_CF"];
/** No command waits longer, except for what it starts. */
const COMMAND_WITHIN_MS = 120_000;

/** A command (words apart by spaces), what its output must show, and its exit code unless that is 0. */
export type Step = readonly [line: string, shows: RegExp, code?: number];

/** Tests that can only hold for ours leave out what the official one has otherwise. */
export const isOfficial = OFFICIAL !== undefined;

/**
 * Somebody at our command line, with a CF_HOME of their own. Commands run in this process: no program is started for each
 * of so many.
 */
export class CfSession implements Disposable {
  /** CF_HOME, working directory and home of temporary files. */
  readonly folder = mkdtempSync(join(tmpdir(), "ingot-cf-session-"));

  /** Output as one sees it: stdout and stderr as they come. `typed` is what the person answers, line by line. */
  async cf(
    words: readonly string[],
    typed = "",
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number; readonly output: string }> {
    if (OFFICIAL !== undefined) return await this.#official(OFFICIAL, words, typed, env);
    let output = "";
    const screen = (): Writable =>
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          output += chunk.toString();
          done();
        },
      });
    const stdin = new PassThrough();
    stdin.end(typed);
    const code = await runCf(words, {
      env: { CF_HOME: this.folder, ...env },
      cwd: this.folder,
      homeDir: this.folder,
      tempDir: this.folder,
      stdin,
      stdout: screen(),
      stderr: screen(),
      clock: systemClock(),
      random: systemRandom(),
      signal: AbortSignal.timeout(COMMAND_WITHIN_MS),
      version: "1.2.3",
    });
    return { code, output };
  }

  #official(
    path: string,
    words: readonly string[],
    typed: string,
    more: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number; readonly output: string }> {
    const env = { ...process.env, CF_HOME: this.folder, CF_COLOR: "false", ...more };
    const argv = ["-c", 'exec "$@" 2>&1', "sh", path, ...words];
    return new Promise((resolve, reject) => {
      const child = spawn("sh", argv, { cwd: this.folder, env, timeout: COMMAND_WITHIN_MS });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? -1, output }));
      child.stdin.on("error", () => undefined); // it may end without having read
      child.stdin.end(typed);
    });
  }

  async run(...steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#step(step, "");
  }

  /** One step in which the person answers questions. */
  async answer(typed: string, ...step: Step): Promise<void> {
    await this.#step(step, typed);
  }

  async #step([line, shows, expected = 0]: Step, typed: string): Promise<void> {
    const { code, output } = await this.cf(line.split(" "), typed);
    assert.equal(code, expected, `cf ${line}:\n${output}`);
    assert.match(output, shows, `cf ${line}:\n${output}`);
  }

  /** Signed in as admin, with an org and a space made and targeted. */
  async login(apiUrl: string, password: string, org: string, space: string): Promise<void> {
    await this.run(
      [`api ${apiUrl} --skip-ssl-validation`, /OK/],
      [`auth admin ${password}`, /OK/],
      [`create-org ${org}`, /OK/],
      [`target -o ${org}`, new RegExp(org)],
      [`create-space ${space}`, /OK/],
      [`target -s ${space}`, new RegExp(space)],
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
