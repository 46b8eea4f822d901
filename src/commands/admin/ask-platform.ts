import { join } from "node:path";
import { callControl } from "../../platform/control.ts";

/** Sealing everything anew takes a while in a big installation. */
const ANSWER_MS = 30 * 60_000;
export const NOT_RUNNING = 3;

/** Has the platform that runs on the state folder carry out an order. A failure is told, and gives its exit code instead. */
export async function askPlatform(
  command: string,
  state: string,
  name: string,
  body: object,
): Promise<{ readonly answer: unknown } | { readonly failed: number }> {
  const told = await callControl(join(state, "run", "control.sock"), "POST", `/admin/${name}`, body, ANSWER_MS);
  if (told === null) {
    process.stderr.write(`ingot admin ${command}: Ingot does not run on ${state}\n`);
    return { failed: NOT_RUNNING };
  }
  if (told.status < 300) return { answer: told.body };
  process.stderr.write(`ingot admin ${command}: ${(told.body as { error?: string }).error ?? "it failed"}\n`);
  return { failed: 1 };
}
