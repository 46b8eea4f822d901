import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { processTree } from "../src/garden/process-tree.ts";
import { GardenBed, never, shellSpec, skipReason } from "../src/garden/test-bed.ts";
import { type ProcessLauncher, type Subprocess, systemSubprocess } from "../src/kit/subprocess.ts";
import { median, printFigure, timed } from "./_measure.ts";

export const name = "containers";
export const about = "create to running process, 20 at once, destroy, log bytes through, memory of an idle instance";

const ROUNDS = 12;
const AT_ONCE = 20;
const LOG_BYTES = 50_000_000;
const quiet = { stdout: () => undefined, stderr: () => undefined };

export async function run(): Promise<void> {
  const cannot = skipReason("container");
  if (cannot !== false) {
    process.stdout.write(`not here: ${cannot}\n`);
    return;
  }
  const stages = new Stages();
  await using bed = await GardenBed.start("container", {}, stages);
  process.stdout.write(`${bed.garden.notes.join("; ")}; load ${loadavg()[0]!.toFixed(1)}
`);
  const spec = { netIn: [{ containerPort: 8080 }], memoryLimitBytes: 256 << 20, diskLimitBytes: 1024 << 20 };
  await bed.create("warm", spec); // the stack is made with the first one
  await bed.client.destroy("warm", never());

  stages.clear();
  const busyBefore = busyMs();
  const creates: number[] = [];
  const starts: number[] = [];
  const destroys: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const handle = `one-${round}`;
    creates.push(await took(() => bed.create(handle, spec)));
    starts.push(await took(() => bed.client.run(handle, shellSpec("exec sleep 600"), quiet, never())));
    destroys.push(await took(() => bed.client.destroy(handle, never())));
  }
  const busy = (busyMs() - busyBefore) / ROUNDS;
  printFigure("create", ms(median(creates)));
  printFigure("start of a process", ms(median(starts)));
  printFigure("create → process runs", ms(median(creates.map((ms, index) => ms + starts[index]!))), "100 ms");
  printFigure("destroy", ms(median(destroys)));
  for (const [stage, times] of stages.times) printFigure(`  program: ${stage}`, ms(median(times)));
  printFigure("  processor time of all three, the machine's", ms(busy));

  const handles = Array.from({ length: AT_ONCE }, (_, index) => `many-${index}`);
  const begin = async (handle: string): Promise<void> => {
    await bed.create(handle, spec);
    await bed.client.run(handle, shellSpec("exec sleep 600"), quiet, never());
  };
  const atOnce: number[] = [];
  for (let round = 0; round < 3; round++) {
    atOnce.push(await took(() => Promise.all(handles.map(begin))));
    if (round === 2)
      printFigure("memory of an idle instance (PSS)", `${idleKb(bed.config.root, AT_ONCE).toFixed(0)} KB`, "1.5 MB");
    await Promise.all(handles.map((handle) => bed.client.destroy(handle, never())));
  }
  printFigure(`${AT_ONCE} at once until processes run`, ms(median(atOnce)), "800 ms");
  await Promise.all(handles.map(begin));
  printFigure(
    `${AT_ONCE} destroyed at once`,
    ms(await took(() => Promise.all(handles.map((handle) => bed.client.destroy(handle, never()))))),
  );

  await bed.create("log", spec);
  let bytes = 0;
  const io = {
    ...quiet,
    stdout: (chunk: Uint8Array) => {
      bytes += chunk.length;
    },
  };
  const logMs = await took(async () => {
    const script = `yes 'a line of log that an app might have written about a request' | head -c ${LOG_BYTES}`;
    const process = await bed.client.run("log", shellSpec(script), io, never());
    await process.wait();
  });
  printFigure("50 MB of log", ms(logMs));
  printFigure("  of it lost", `${LOG_BYTES - bytes} bytes`, "0");
  const reading = await took(async () => {
    for (let turn = 0; turn < 100; turn++) await bed.client.metrics(["log"]);
  });
  printFigure("metrics of one container", ms(reading / 100));
}

/** Runs the programs as they are and keeps how long each stage took. */
class Stages implements Subprocess, ProcessLauncher {
  readonly times = new Map<string, number[]>();
  readonly #system = systemSubprocess();

  clear(): void {
    this.times.clear();
  }

  run: Subprocess["run"] = async (file, args, options) => {
    return await this.#keep(stageOf(file, args, options.input), () => this.#system.run(file, args, options));
  };

  launch: ProcessLauncher["launch"] = async (file, args, options) => {
    return await this.#keep("parent and runc exec", () => this.#system.launch(file, args, options));
  };

  async #keep<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const { ms, result } = await timed(work);
    this.times.set(stage, [...(this.times.get(stage) ?? []), ms]);
    return result;
  }
}

function stageOf(file: string, args: readonly string[], input: unknown): string {
  if (file === "perl") return args.includes("unmount") ? "unmount" : "mkfs, ext4, overlay";
  if (file === "nft") return `nft: rules ${String(input).includes("delete") ? "out" : "in"}`;
  if (file === "ip") return "card out";
  if (file === "runc") return "runc delete";
  return args[0] === "-c" ? "runc run" : "card, address, relay of ports";
}

/** Processor time that the machine has spent since its start, all processes together. */
function busyMs(): number {
  const [user, nice, system] = readFileSync("/proc/stat", "utf8").split(/\s+/).slice(1).map(Number);
  return (user! + nice! + system!) * 10;
}

async function took(work: () => Promise<unknown>): Promise<number> {
  return (await timed(work)).ms;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

/** Parents of processes and first processes of containers; the tenants' own are left out. */
function idleKb(root: string, instances: number): number {
  let kb = 0;
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (!words.some((word) => word.startsWith(root)) || !words.some((word) => word.endsWith("process-parent.pl")))
        continue;
      const pss = (pid: number): number =>
        Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
      kb += processTree(Number(name)).reduce((sum, pid) => sum + pss(pid), 0);
    } catch {
      // ended in between
    }
  }
  return kb / instances;
}
