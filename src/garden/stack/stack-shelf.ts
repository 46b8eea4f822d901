import { GardenError } from "../errors.ts";
import type { MountedStack } from "./host-stack.ts";

/** A stack while it is being made, or made. Garden: a rootfs of `preloaded:NAME` */
export class StackShelf {
  readonly #names: readonly string[];
  readonly #mount: (name: string) => Promise<MountedStack>;
  readonly #stacks = new Map<string, Promise<MountedStack>>();

  constructor(names: readonly string[], mount: (name: string) => Promise<MountedStack>) {
    this.#names = names;
    this.#mount = mount;
  }

  /** Throws kind `no-rootfs` for a stack that this cell does not have; waits while it is being made. */
  async get(rootfs: string): Promise<MountedStack> {
    const name = rootfs.startsWith("preloaded:") ? rootfs.slice("preloaded:".length) : "";
    if (!this.#names.includes(name)) throw new GardenError("no-rootfs", `no stack for rootfs ${rootfs}`);
    let stack = this.#stacks.get(name);
    if (stack === undefined) {
      stack = this.#mount(name);
      this.#stacks.set(name, stack);
      // A failure is not remembered: the next container tries again.
      stack.catch(() => this.#stacks.delete(name));
    }
    return await stack;
  }

  /** Begins with all of them; failures show up with the first container. */
  prepare(): void {
    for (const name of this.#names) void this.get(`preloaded:${name}`).catch(() => undefined);
  }

  /** Ids of those made or being made. */
  async currentIds(): Promise<string[]> {
    const settled = await Promise.allSettled(this.#stacks.values());
    return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value.id] : []));
  }
}
