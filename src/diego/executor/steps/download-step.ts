import type { GardenClient } from "../../../garden/client.ts";
import type { DownloadAction } from "../../../protocol/action.ts";
import { tarStreamOf } from "../archive-tar.ts";
import { byteSize } from "../byte-size.ts";
import type { CachedDownloads } from "../cached-downloads.ts";
import { messageOf } from "../errors.ts";
import { isLayered } from "../layers/droplet-download.ts";
import type { Limiter } from "../limiter.ts";
import type { LogSink } from "../log-streamer.ts";
import type { ContainerLayer } from "../model.ts";
import { cancelled, DetachedError, emittable, type Step } from "./step.ts";

/** Longest error line in the log. Diego: download_step.go */
const ERROR_LINE_MAX = 1024;

export interface DownloadStepDeps {
  readonly garden: GardenClient;
  readonly handle: string;
  readonly downloads: CachedDownloads;
  readonly limiter: Limiter;
  /** What the container has mounted already. */
  readonly layer: ContainerLayer | null;
  readonly detached: AbortSignal;
}

/** Fetches an archive and unpacks it in the container, unless it is there as a layer. The errors' texts never hold the URL. Diego: download_step.go */
export function downloadStep(action: DownloadAction, sink: LogSink, deps: DownloadStepDeps): Step {
  const { artifact } = action;
  const say = (text: string): void => {
    if (artifact !== "") sink.stdout(`${text}\n`);
  };
  const fail = (text: string, cause: unknown): never => {
    const bytes = Buffer.byteLength(text);
    const suffix = " (error truncated)";
    const line = bytes > ERROR_LINE_MAX ? `${text.slice(0, ERROR_LINE_MAX - suffix.length)}${suffix}` : text;
    sink.stderr(`${line}\n`);
    throw emittable(text, cause);
  };
  return async (signal, ready) => {
    ready();
    const either = AbortSignal.any([signal, deps.detached]);
    const give = (error: unknown, text: (message: string) => string): never => {
      if (deps.detached.aborted) throw new DetachedError("platform goes away");
      if (signal.aborted) throw cancelled();
      return fail(text(messageOf(error)), error);
    };
    if (signal.aborted) throw cancelled();
    if (isLayered(action, deps.layer)) {
      say(`Downloading ${artifact}...`);
      return say(`Downloaded ${artifact}${sizeText(deps.layer!.downloadedBytes)}`);
    }
    const perform = async (): Promise<void> => {
      say(`Downloading ${artifact}...`);
      await using fetched = await deps.downloads
        .file(action, either)
        .catch((error) =>
          give(error, () => (artifact === "" ? "Downloading failed" : `Downloading ${artifact} failed`)),
        );
      try {
        const tar = await tarStreamOf(fetched.path);
        await deps.garden.streamIn(deps.handle, { path: action.to, user: action.user }, tar, either);
      } catch (error) {
        const what = artifact === "" ? "Copying" : `Copying ${artifact}`;
        give(error, (message) => `${what} into the container failed: ${message}`);
      }
      say(`Downloaded ${artifact}${sizeText(fetched.downloadedBytes)}`);
    };
    await deps.limiter.run(perform, either).catch((error: unknown) => {
      if (deps.detached.aborted) throw new DetachedError("platform goes away");
      if (error === either.reason) throw cancelled();
      throw error;
    });
  };
}

function sizeText(downloadedBytes: number): string {
  return downloadedBytes > 0 ? ` (${byteSize(downloadedBytes)})` : "";
}
