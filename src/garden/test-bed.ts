import { randomBytes } from "node:crypto";
import { lchown, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "../kit/clock-system.ts";
import { silentLog } from "../kit/log.ts";
import { systemRandom } from "../kit/random-system.ts";
import { type ProcessLauncher, type Subprocess, systemSubprocess } from "../kit/subprocess.ts";
import type { ContainerSpec, Isolation, ProcessIo, ProcessSpec } from "./client.ts";
import { GARDEN_DEFAULTS, type GardenConfig } from "./config.ts";
import { lacks, probeMachine } from "./isolation.ts";
import { type RunningGarden, startGarden } from "./start-garden.ts";

type Programs = Subprocess & ProcessLauncher;

/** Why tests of this isolation cannot run on this machine; false when they can (the form that `skip` takes). */
export function skipReason(isolation: Isolation): string | false {
  const reasons = lacks(isolation, probeMachine());
  return reasons.length === 0 ? false : `${isolation}: ${reasons.join(", ")}`;
}

/** A Garden in a temporary folder, with names that collide with nobody's; disposal leaves nothing behind. */
export class GardenBed implements AsyncDisposable {
  readonly config: GardenConfig;
  readonly folder: string;
  garden: RunningGarden;
  readonly #subprocess: Programs;

  constructor(folder: string, config: GardenConfig, garden: RunningGarden, subprocess: Programs) {
    this.folder = folder;
    this.config = config;
    this.garden = garden;
    this.#subprocess = subprocess;
  }

  static async start(
    isolation: Isolation,
    changes: Partial<GardenConfig> = {},
    subprocess: Programs = systemSubprocess(),
  ): Promise<GardenBed> {
    const folder = await mkdtemp(join(tmpdir(), "ingot-garden-"));
    const config: GardenConfig = {
      ...GARDEN_DEFAULTS,
      root: join(folder, "garden"),
      cacheRoot: join(folder, "cache"),
      stateHash: randomBytes(8).toString("hex"),
      isolation,
      fetchPackages: false,
      ...changes,
    };
    return new GardenBed(folder, config, await startGarden(config, deps(subprocess)), subprocess);
  }

  get client() {
    return this.garden.client;
  }

  /** As after a restart of the platform. */
  async restart(): Promise<void> {
    await this.garden[Symbol.asyncDispose]();
    this.garden = await startGarden(this.config, deps(this.#subprocess));
  }

  async create(handle: string, changes: Partial<ContainerSpec> = {}) {
    return await this.client.create(containerSpec(handle, changes), never());
  }

  /** Runs a shell script as vcap to its end. */
  async shell(handle: string, script: string, changes: Partial<ProcessSpec> = {}): Promise<Output> {
    const output = new Output();
    const process = await this.client.run(handle, shellSpec(script, changes), output.io, never());
    output.code = await process.wait(systemClock().deadline(60_000));
    return output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.garden.destroyAll();
    await this.garden[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class Output {
  stdout = "";
  stderr = "";
  code = -1;
  readonly io: ProcessIo = {
    stdout: (chunk) => {
      this.stdout += Buffer.from(chunk).toString();
    },
    stderr: (chunk) => {
      this.stderr += Buffer.from(chunk).toString();
    },
  };
}

export function containerSpec(handle: string, changes: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    handle,
    rootfs: "preloaded:cflinuxfs4",
    environment: [],
    properties: {},
    bindMounts: [],
    memoryLimitBytes: 128 << 20,
    diskLimitBytes: 128 << 20,
    cpuShares: 256,
    pidsMax: 256,
    netIn: [],
    egressRules: [],
    privileged: false,
    ...changes,
  };
}

export function shellSpec(script: string, changes: Partial<ProcessSpec> = {}): ProcessSpec {
  const id = `p${randomBytes(6).toString("hex")}`;
  return { id, path: "/bin/bash", args: ["-c", script], user: "vcap", env: [], ...changes };
}

/** A layer with these files, owned by the container's vcap, its folders outside /home/vcap by the container's root. */
export async function shelfLayer(
  bed: GardenBed,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const layer = join(bed.folder, "layers", name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(layer, path)), { recursive: true });
    await writeFile(join(layer, path), text);
  }
  const root = bed.client.layerIdOffset;
  if (root === null) return layer;
  for (const path of await readdir(layer, { recursive: true })) {
    const id = root + (path.startsWith("home/vcap") ? 2000 : 0);
    await lchown(join(layer, path), id, id);
  }
  await lchown(layer, root, root);
  return layer;
}

/** A signal for calls that a test lets take as long as they take. */
export function never(): AbortSignal {
  return systemClock().deadline(120_000);
}

/** Waits for a condition, at most ten seconds. */
export async function eventually(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const clock = systemClock();
  const untilMs = clock.steadyMs() + 10_000;
  while (!(await check())) {
    if (clock.steadyMs() > untilMs) throw new Error(`never came: ${what}`);
    await clock.sleep(10);
  }
}

function deps(subprocess: Programs) {
  return { clock: systemClock(), random: systemRandom(), log: silentLog(), subprocess };
}
