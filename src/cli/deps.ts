import type { Readable, Writable } from "node:stream";
import type { Clock } from "../kit/clock.ts";
import type { Random } from "../kit/random.ts";

/** A stream to a person or a pipe. */
export interface CliOutput extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface CliInput extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** The outside world of one run of the command line. */
export interface CliDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory: manifests and app paths are relative to it. */
  readonly cwd: string;
  /** The user's home; `CF_HOME` goes before it. */
  readonly homeDir: string;
  /** Temporary archives live below it. */
  readonly tempDir: string;
  readonly stdin: CliInput;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** PEM of further authorities to trust (Ingot's own CA). */
  readonly extraCa?: readonly string[];
  /** What `cf version` prints. */
  readonly version: string;
}
