import type { GardenClient, GardenProcess } from "../../../garden/client.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { RunAction } from "../../../protocol/action.ts";
import { isGardenNotFound, messageOf } from "../errors.ts";
import { goDuration } from "../go-duration.ts";
import { type InstanceAddresses, instanceEnvironment } from "../instance-environment.ts";
import type { LogSink } from "../log-streamer.ts";
import { cancelled, DetachedError, emittable, type Step, StepError } from "./step.ts";

/** How long a killed process may take to be gone. Diego: executor/depot/steps/run_step.go, ExitTimeout */
const EXIT_TIMEOUT_MS = 1_000;

export interface RunStepDeps {
  readonly garden: GardenClient;
  readonly clock: Clock;
  readonly handle: string;
  readonly addresses: InstanceAddresses;
  readonly gracefulShutdownMs: number;
  /** Aborts when the platform goes: the process stays, the step ends with `DetachedError`. */
  readonly detached: AbortSignal;
  /** True: the process may have been started by an earlier run of the platform. */
  readonly resumes: boolean;
}

/**
 * Runs a process to its end. Asked to end, it sends SIGTERM, after the grace SIGKILL. A status other than zero fails with
 * `<source>: Exited with status N`, with ` (out of memory)` where Garden has seen one. Diego: run_step.go
 */
export function runStep(
  action: RunAction,
  processId: string,
  sink: LogSink,
  options: { readonly hidesExitStatus: boolean },
  deps: RunStepDeps,
): Step {
  return async (signal, ready) => {
    if (signal.aborted) throw cancelled();
    const quiet = action.suppressLogOutput === true;
    const say = (text: string): void => {
      if (quiet) return;
      sink.stdout(text);
      sink.flush();
    };
    const process = await startOrAttach(action, processId, sink, quiet, deps, signal).catch((error: unknown) => {
      if (deps.detached.aborted) throw new DetachedError("platform goes away");
      if (signal.aborted) throw cancelled();
      say(`failed-creating-process: ${messageOf(error)}`);
      throw new StepError("other", messageOf(error), { cause: error });
    });
    ready();

    const { status, killed } = await untilExit(process, signal, deps);
    const outOfMemory = status !== 0 && (await sawOutOfMemory(deps));
    const suffix = outOfMemory ? " (out of memory)" : "";
    const grace = killed ? ` (exceeded ${goDuration(deps.gracefulShutdownMs)} graceful shutdown interval)` : "";
    say(`${options.hidesExitStatus ? "" : `Exit status ${status}`}${grace}${suffix}`);
    if (killed) throw new StepError("exceeded-grace", "exceeded graceful shutdown interval");
    if (signal.aborted) throw cancelled();
    if (status !== 0) {
      throw emittable(`${options.hidesExitStatus ? "" : `${sink.sourceName}: Exited with status ${status}`}${suffix}`);
    }
  };
}

async function startOrAttach(
  action: RunAction,
  processId: string,
  sink: LogSink,
  quiet: boolean,
  deps: RunStepDeps,
  signal: AbortSignal,
): Promise<GardenProcess> {
  const drop = (): void => undefined;
  const io = {
    stdout: quiet ? drop : (chunk: Uint8Array) => sink.stdout(chunk),
    stderr: quiet ? drop : (chunk: Uint8Array) => sink.stderr(chunk),
  };
  if (deps.resumes) {
    const found = await deps.garden.attach(deps.handle, processId, io, deps.detached).catch((error: unknown) => {
      if (isGardenNotFound(error)) return null;
      throw error;
    });
    if (found !== null) return found;
  }
  // The call may be given up, the running process may not: the signal ends with the call.
  const call = new AbortController();
  const giveUp = (): void => call.abort(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  deps.detached.addEventListener("abort", giveUp, { once: true });
  try {
    return await deps.garden.run(
      deps.handle,
      {
        id: processId,
        path: action.path,
        args: action.args,
        ...(action.dir === undefined ? {} : { dir: action.dir }),
        user: action.user,
        env: [...action.env, ...instanceEnvironment(deps.addresses)],
        ...(action.nofile === undefined ? {} : { nofile: action.nofile }),
      },
      io,
      call.signal,
    );
  } finally {
    signal.removeEventListener("abort", giveUp);
    deps.detached.removeEventListener("abort", giveUp);
  }
}

/** `killed`: it outlived its grace. Throws `exit-timeout` when even SIGKILL does not end it. */
async function untilExit(
  process: GardenProcess,
  signal: AbortSignal,
  deps: RunStepDeps,
): Promise<{ readonly status: number; readonly killed: boolean }> {
  const over = new AbortController();
  let killed = false;
  const exit = process.wait(deps.detached).catch((error: unknown) => {
    if (deps.detached.aborted) throw new DetachedError("platform goes away");
    throw new StepError("other", messageOf(error), { cause: error });
  });
  const end = async (): Promise<never> => {
    await aborted(signal, over.signal);
    await process.signal("TERM").catch(() => undefined); // it may be gone already
    await deps.clock.sleep(deps.gracefulShutdownMs, over.signal);
    killed = true;
    await process.signal("KILL").catch(() => undefined);
    await deps.clock.sleep(EXIT_TIMEOUT_MS, over.signal);
    throw new StepError("exit-timeout", "process did not exit");
  };
  const ended = end();
  ended.catch(() => undefined); // over is aborted below: nobody waits any more
  try {
    const status = await Promise.race([exit, ended]);
    return { status, killed };
  } finally {
    exit.catch(() => undefined);
    over.abort();
  }
}

function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    const stop = (): void => {
      signal.removeEventListener("abort", go);
      reject(new Error("over"));
    };
    const go = (): void => {
      over.removeEventListener("abort", stop);
      resolve();
    };
    signal.addEventListener("abort", go, { once: true });
    over.addEventListener("abort", stop, { once: true });
  });
}

async function sawOutOfMemory(deps: RunStepDeps): Promise<boolean> {
  const info = await deps.garden.info(deps.handle).catch(() => null);
  return info?.events.some((event) => event.toLowerCase() === "out of memory") ?? false;
}
