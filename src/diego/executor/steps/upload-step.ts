import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { GardenClient } from "../../../garden/client.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { HttpClient } from "../../../kit/http-client.ts";
import type { Random } from "../../../kit/random.ts";
import type { UploadAction } from "../../../protocol/action.ts";
import { byteSize } from "../byte-size.ts";
import type { Limiter } from "../limiter.ts";
import type { LogSink } from "../log-streamer.ts";
import { cancelled, DetachedError, emittable, type Step, StepError } from "./step.ts";

/** Diego: executor/depot/uploader/uploader.go */
const ATTEMPTS_MAX = 3;
const ATTEMPT_MS = 900_000;
const RETRY_MS = 1_000;
/** The disk of a container is smaller; this is for those without a limit. */
const UPLOAD_BYTES_MAX = 64 * 1024 ** 3;

export interface UploadStepDeps {
  readonly garden: GardenClient;
  readonly handle: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Folder for what is on its way. */
  readonly uploadsPath: string;
  /** What else shall be done with the file. Nobody waits for it, but the file stays until it has resolved. Never rejects. */
  readonly uploading: (action: UploadAction, file: string) => Promise<void>;
  readonly limiter: Limiter;
  readonly detached: AbortSignal;
}

/** Sends one file of the container as the body of a POST. The errors' texts never hold the URL. Diego: upload_step.go */
export function uploadStep(action: UploadAction, sink: LogSink, deps: UploadStepDeps): Step {
  const { artifact } = action;
  const suffix = artifact === "" ? "" : ` for ${artifact}`;
  const say = (text: string): void => {
    if (artifact !== "") sink.stdout(`${text}\n`);
  };
  return async (signal, ready) => {
    ready();
    const either = AbortSignal.any([signal, deps.detached]);
    const ended = (): StepError | DetachedError =>
      deps.detached.aborted ? new DetachedError("platform goes away") : cancelled();
    const perform = async (): Promise<void> => {
      say(`Uploading ${artifact}...`);
      for (let attempt = 1; ; attempt++) {
        try {
          const bytes = await sendFile(action, deps, deps.clock.deadline(ATTEMPT_MS, either));
          return say(`Uploaded ${artifact} (${byteSize(bytes)})`);
        } catch (error) {
          if (either.aborted) throw ended();
          const final = error instanceof ContainerSideError || attempt >= ATTEMPTS_MAX;
          if (final) {
            const text = error instanceof ContainerSideError ? error.message : "Failed to upload payload";
            if (artifact !== "") sink.stderr(`${text}${suffix}\n`);
            if (error instanceof ContainerSideError) throw emittable(`${text}${suffix}`, error);
            throw new StepError("other", error instanceof UploadRefusedError ? error.message : text, { cause: error });
          }
          await deps.clock.sleep(RETRY_MS * attempt, either).catch(() => {
            throw ended();
          });
        }
      }
    };
    if (signal.aborted) throw cancelled();
    await deps.limiter.run(perform, either).catch((error: unknown) => {
      throw error === either.reason ? ended() : error;
    });
  };
}

class ContainerSideError extends Error {}
class UploadRefusedError extends Error {}

/** Gives the bytes sent. */
async function sendFile(action: UploadAction, deps: UploadStepDeps, signal: AbortSignal): Promise<number> {
  const file = join(deps.uploadsPath, `${deps.random.guid()}.upload`);
  let done = Promise.resolve();
  try {
    const size = await deps.garden
      .copyOut(deps.handle, { path: action.from, user: action.user }, { file, bytesMax: UPLOAD_BYTES_MAX }, signal)
      .catch((cause: unknown) => {
        throw new ContainerSideError("Failed to find first item in tar stream", { cause });
      });
    if (size === null) throw new ContainerSideError("Failed to find first item in tar stream");
    done = deps.uploading(action, file);
    await post(action.to, file, deps.http, signal);
    return size;
  } finally {
    void done.then(() => rm(file, { force: true }));
  }
}

async function post(url: string, bodyFile: string, http: HttpClient, signal: AbortSignal): Promise<void> {
  const headers = { "content-type": "application/octet-stream" };
  const answer = await http.request({ method: "POST", url, headers, bodyFile, signal });
  answer.body.resume();
  if (answer.status > 299) throw new UploadRefusedError(`Upload failed: Status code ${answer.status}`);
}
