import { writeFile } from "node:fs/promises";
import { PassThrough, type Readable } from "node:stream";
import type {
  ContainerInfo,
  ContainerMetrics,
  ContainerSpec,
  GardenClient,
  GardenProcess,
  ProcessIo,
  ProcessSpec,
} from "../../../garden/client.ts";

/** What a program of a test may do. */
export interface FakeProgramContext {
  readonly spec: ProcessSpec;
  readonly container: FakeContainer;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Resolves at SIGTERM. */
  readonly terminated: Promise<void>;
}

export type FakeProgram = (context: FakeProgramContext) => Promise<number>;

export interface FakeContainer {
  readonly spec: ContainerSpec;
  readonly info: ContainerInfo;
  readonly listening: Set<number>;
  readonly files: Map<string, string | Buffer>;
  readonly processes: Map<string, FakeProcess>;
}

class NotFound extends Error {
  readonly kind = "not-found";
}

/** One process: its output waits while nobody reads, as Garden's does over a restart of the platform. */
class FakeProcess {
  readonly signals: string[] = [];
  readonly #output: { readonly stream: "stdout" | "stderr"; readonly chunk: Uint8Array }[] = [];
  readonly #term = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<number>();
  #io: ProcessIo | null = null;

  constructor(program: FakeProgram, spec: ProcessSpec, container: FakeContainer) {
    const write = (stream: "stdout" | "stderr") => (text: string) => {
      this.#output.push({ stream, chunk: new TextEncoder().encode(text) });
      this.#drain();
    };
    const context = {
      spec,
      container,
      stdout: write("stdout"),
      stderr: write("stderr"),
      terminated: this.#term.promise,
    };
    program(context).then(this.#exit.resolve, () => this.#exit.resolve(1));
  }

  open(id: string, io: ProcessIo, gone: Promise<never>): GardenProcess {
    this.#io = io;
    this.#drain();
    return {
      id,
      wait: async (signal) => {
        const left = new Promise<never>((_, reject) => {
          const leave = (): void => {
            this.#io = null;
            reject(signal?.reason);
          };
          if (signal?.aborted) leave();
          else signal?.addEventListener("abort", leave, { once: true });
        });
        return await Promise.race([this.#exit.promise, left, gone]);
      },
      signal: async (name) => {
        this.signals.push(name);
        if (name === "TERM") this.#term.resolve();
        if (name === "KILL") this.#exit.resolve(137);
      },
    };
  }

  kill(): void {
    this.#exit.resolve(137);
  }

  #drain(): void {
    if (this.#io === null) return;
    for (const { stream, chunk } of this.#output.splice(0)) void this.#io[stream](chunk);
  }
}

/** Containers in memory, with programs written in the test. Lives on when an executor goes: a restart finds it. */
export class FakeGarden implements GardenClient {
  readonly isolation = "container";
  /** Set by a test that wants layers. */
  layerIdOffset: number | null = null;
  readonly containers = new Map<string, FakeContainer>();
  readonly destroyed: string[] = [];
  readonly programs = new Map<string, FakeProgram>();
  /** Set by a test to make the next creations fail. */
  createError: Error | null = null;
  readonly #gone = new Map<string, PromiseWithResolvers<never>>();
  #nextIp = 2;

  async ping(): Promise<void> {}

  async capacity(): Promise<{ memoryBytes: number; diskBytes: number; maxContainers: number }> {
    return { memoryBytes: 8 * 1024 ** 3, diskBytes: 8 * 1024 ** 3, maxContainers: 250 };
  }

  async create(spec: ContainerSpec, _signal?: AbortSignal): Promise<ContainerInfo> {
    if (this.createError !== null) throw this.createError;
    if (this.containers.has(spec.handle)) throw new Error(`Handle '${spec.handle}' already in use`);
    const info: ContainerInfo = {
      handle: spec.handle,
      state: "active",
      hostIp: "10.254.0.1",
      containerIp: `10.254.0.${this.#nextIp++}`,
      externalIp: "192.0.2.7",
      mappedPorts: spec.netIn.map(({ containerPort }, index) => ({ containerPort, hostPort: 61_001 + index })),
      properties: spec.properties,
      events: [],
    };
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => undefined);
    this.#gone.set(spec.handle, gone);
    this.containers.set(spec.handle, { spec, info, listening: new Set(), files: new Map(), processes: new Map() });
    return info;
  }

  async destroy(handle: string): Promise<void> {
    const container = this.containers.get(handle);
    if (container === undefined) return;
    for (const process of container.processes.values()) process.kill();
    this.#gone.get(handle)?.reject(new Error("container is gone"));
    this.containers.delete(handle);
    this.destroyed.push(handle);
  }

  /** As if the machine had lost it. */
  async lose(handle: string): Promise<void> {
    this.#gone.get(handle)?.reject(new Error("container is gone"));
    this.containers.delete(handle);
  }

  outOfMemory(handle: string): void {
    (this.#container(handle).info.events as string[]).push("Out of memory");
    for (const process of this.#container(handle).processes.values()) process.kill();
  }

  async list(properties: Readonly<Record<string, string>> = {}): Promise<string[]> {
    return [...this.containers.values()]
      .filter(({ spec }) => Object.entries(properties).every(([name, value]) => spec.properties[name] === value))
      .map(({ spec }) => spec.handle);
  }

  async info(handle: string): Promise<ContainerInfo> {
    return this.#container(handle).info;
  }

  async metrics(handles: readonly string[]): Promise<ReadonlyMap<string, ContainerMetrics>> {
    const found = handles.filter((handle) => this.containers.has(handle));
    return new Map(
      found.map((handle) => {
        const { memoryLimitBytes, diskLimitBytes } = this.#container(handle).spec;
        const usage = { memoryUsageBytes: 1_000_000, cpuUsageNs: 5_000_000n, diskUsageBytes: 2_000_000 };
        return [handle, { ...usage, memoryLimitBytes, diskLimitBytes, ageNs: 1_000_000_000n, pids: 1 }];
      }),
    );
  }

  async run(handle: string, spec: ProcessSpec, io: ProcessIo, signal: AbortSignal): Promise<GardenProcess> {
    signal.throwIfAborted();
    const container = this.#container(handle);
    if (container.processes.has(spec.id)) throw new Error(`process id ${spec.id} already in use`);
    const program = this.programs.get(spec.path);
    if (program === undefined) throw new Error(`exec failed: ${spec.path}: no such file or directory`);
    const process = new FakeProcess(program, spec, container);
    container.processes.set(spec.id, process);
    return process.open(spec.id, io, this.#gone.get(handle)!.promise);
  }

  async attach(handle: string, processId: string, io: ProcessIo): Promise<GardenProcess> {
    const process = this.#container(handle).processes.get(processId);
    if (process === undefined) throw new NotFound(`unknown process: ${processId}`);
    return process.open(processId, io, this.#gone.get(handle)!.promise);
  }

  async streamIn(handle: string, to: { readonly path: string }, tar: Readable): Promise<void> {
    const { extract } = await import("tar-stream");
    const container = this.#container(handle);
    const entries = extract();
    tar.on("error", (error) => entries.destroy(error)).pipe(entries);
    for await (const entry of entries) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      container.files.set(`${to.path}/${entry.header.name}`, Buffer.concat(chunks).toString());
    }
  }

  async streamOut(handle: string, from: { readonly path: string }): Promise<Readable> {
    const { pack } = await import("tar-stream");
    const text = this.#container(handle).files.get(from.path);
    if (text === undefined) throw new Error(`tar: ${from.path}: not found`);
    const tar = pack();
    tar.entry({ name: from.path.split("/").at(-1) ?? "" }, text);
    tar.finalize();
    return tar.pipe(new PassThrough());
  }

  async copyOut(
    handle: string,
    from: { readonly path: string },
    to: { readonly file: string; readonly bytesMax: number },
  ): Promise<number | null> {
    const text = this.#container(handle).files.get(from.path);
    if (text === undefined) throw new Error(`cat: ${from.path}: no such file`);
    if (text.length > to.bytesMax) return null;
    await writeFile(to.file, text, { flag: "wx" });
    return text.length;
  }

  async bulkNetOut(): Promise<void> {}

  async setProperty(handle: string, key: string, value: string): Promise<void> {
    (this.#container(handle).info.properties as Record<string, string>)[key] = value;
  }

  async dial(handle: string, port: number): Promise<boolean> {
    return this.containers.get(handle)?.listening.has(port) ?? false;
  }

  #container(handle: string): FakeContainer {
    const container = this.containers.get(handle);
    if (container === undefined) throw new NotFound(`unknown handle: ${handle}`);
    return container;
  }
}
