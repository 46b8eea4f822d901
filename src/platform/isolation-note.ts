import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Isolation } from "../garden/index.ts";
import { writeFileDurably } from "./secret-store.ts";
import type { StateFolder } from "./state-folder.ts";

const KINDS: readonly Isolation[] = ["container", "sandbox", "process"];

/** How the containers of this state folder are made: whoever removes them later must do it the same way. Null: none were. */
export function notedIsolation(state: Pick<StateFolder, "root">): Isolation | null {
  try {
    const noted = readFileSync(join(state.root, "isolation"), "utf8").trim();
    return KINDS.find((kind) => kind === noted) ?? null;
  } catch {
    return null;
  }
}

export function noteIsolation(state: Pick<StateFolder, "root">, isolation: Isolation): void {
  if (notedIsolation(state) !== isolation) writeFileDurably(join(state.root, "isolation"), `${isolation}\n`, 0o600);
}
