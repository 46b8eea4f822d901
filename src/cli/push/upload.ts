import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { PassThrough, Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Cli } from "../cli.ts";
import type { HttpAnswer } from "../http.ts";
import { waitForPackage } from "../packages.ts";
import type { Package } from "../resources.ts";
import type { AppFile } from "./app-file.ts";

/** cli: MaxResourceMatchChunkSize */
const MATCH_BATCH = 1000;
const BAR_WIDTH = 40;

interface WireResource {
  readonly path: string;
  readonly mode: string;
  readonly checksum: { readonly value: string };
  readonly size_in_bytes: number;
}

/**
 * Makes a package of an app's files: what the platform has already is only named, the rest goes up as a zip. Gives the
 * package's guid once it is ready; `quiet` says nothing meanwhile. cli: actor/v7pushaction/create_bits_package_for_application.go
 */
export async function uploadFiles(
  cli: Cli,
  appGuid: string,
  files: readonly AppFile[],
  quiet = false,
): Promise<string> {
  const { cc } = cli;
  const say = (line?: string): void => {
    if (!quiet) cli.ui.text(line);
  };
  const matched = await matchFiles(cli, files);
  const known = new Set(matched.map(({ checksum }) => checksum.value));
  const unmatched = files.filter(({ sha1 }) => !known.has(sha1));
  const made = await cc.post<Package>("/v3/packages", {
    type: "bits",
    relationships: { app: { data: { guid: appGuid } } },
  });
  if (unmatched.length === 0) {
    say("All files found in remote cache; nothing to upload.");
    say("Waiting for API to complete processing files...");
    await sendForm(cli, `/v3/packages/${made.guid}/upload`, JSON.stringify(matched), null, quiet);
  } else {
    say("Packaging files to upload...");
    const folder = await mkdtemp(join(cli.deps.tempDir, "ingot-push-"));
    try {
      const archive = join(folder, "package.zip");
      await writeZip(archive, unmatched);
      say("Uploading files...");
      await sendForm(cli, `/v3/packages/${made.guid}/upload`, JSON.stringify(matched), archive, quiet);
      say();
      say("Waiting for API to complete processing files...");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  await waitForPackage(cli, made.guid);
  return made.guid;
}

/** Sends a multipart form with a field `resources` (unless null) and a file `bits` (unless null), under its own name. */
export async function sendForm(
  cli: Cli,
  path: string,
  resources: string | null,
  file: string | null,
  quiet = false,
): Promise<HttpAnswer> {
  const boundary = `ingot-${cli.deps.random.guid()}`;
  let head = "";
  if (resources !== null) {
    head += `--${boundary}\r\nContent-Disposition: form-data; name="resources"\r\n\r\n${resources}\r\n`;
  }
  if (file !== null) {
    head += `--${boundary}\r\nContent-Disposition: form-data; name="bits"; filename="${quoted(basename(file))}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  }
  const tail = `${file === null ? "" : "\r\n"}--${boundary}--\r\n`;
  const size = file === null ? 0 : (await stat(file)).size;
  const body = (): Readable => {
    if (file === null) return Readable.from([Buffer.from(head + tail)]);
    const bits = createReadStream(file);
    const counted = bits.pipe(quiet ? new PassThrough() : progressBar(cli, size));
    bits.on("error", (error) => counted.destroy(error));
    return Readable.from(joined(Buffer.from(head), counted, Buffer.from(tail)));
  };
  const headers = {
    "content-type": `multipart/form-data; boundary=${boundary}`,
    "content-length": String(Buffer.byteLength(head) + size + Buffer.byteLength(tail)),
  };
  return await cli.cc.send("POST", path, { headers, body });
}

/** A file's name between quotes, as browsers write it. */
function quoted(name: string): string {
  return name.replaceAll('"', "%22").replace(/[\r\n]/g, " ");
}

async function* joined(head: Buffer, middle: Readable, tail: Buffer): AsyncGenerator<Buffer> {
  yield head;
  for await (const chunk of middle) yield chunk as Buffer;
  yield tail;
}

function progressBar({ ui }: Cli, size: number): Transform {
  let sent = 0;
  const bar = (): string => {
    const part = size === 0 ? 1 : sent / size;
    const done = Math.round(part * BAR_WIDTH);
    const arrow = done < BAR_WIDTH ? ">" : "";
    const drawn = ui.isTty ? `[${("=".repeat(done) + arrow).padEnd(BAR_WIDTH, "-")}]` : "";
    return ` ${binarySize(sent)} / ${binarySize(size)} ${drawn} ${(part * 100).toFixed(2)}%`;
  };
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sent += chunk.length;
      ui.progress(bar());
      done(null, chunk);
    },
    flush: (done) => {
      if (ui.isTty) ui.text();
      else ui.text(bar());
      done();
    },
  });
}

/** `512 B`, `1.16 KiB`, as the progress bar of the official command line counts. */
function binarySize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const unit = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** unit).toFixed(2)} ${["", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

async function matchFiles({ cc }: Cli, files: readonly AppFile[]): Promise<WireResource[]> {
  const candidates = files.filter(({ kind, size }) => kind === "file" && size > 0).map(wireResource);
  const matched: WireResource[] = [];
  for (let at = 0; at < candidates.length; at += MATCH_BATCH) {
    const resources = candidates.slice(at, at + MATCH_BATCH);
    const answer = await cc.post<{ resources: WireResource[] }>("/v3/resource_matches", { resources });
    matched.push(...answer.resources);
  }
  return matched;
}

function wireResource(file: AppFile): WireResource {
  return {
    path: file.path,
    mode: file.mode.toString(8),
    checksum: { value: file.sha1 },
    size_in_bytes: file.size,
  };
}

/** Writes files, folders and links with their permissions. */
export async function writeZip(path: string, files: readonly AppFile[]): Promise<void> {
  const { ZipFile } = await import("yazl");
  const zip = new ZipFile();
  const written = pipeline(zip.outputStream, createWriteStream(path, { mode: 0o600 }));
  for (const file of files) {
    const mtime = file.modified;
    if (file.kind === "folder") zip.addEmptyDirectory(file.path, { mtime, mode: 0o040_000 | file.mode });
    else if (file.kind === "link")
      zip.addBuffer(Buffer.from(file.target), file.path, { mtime, mode: 0o120_777, compress: false });
    else {
      const mode = 0o100_000 | file.mode | 0o600;
      zip.addReadStreamLazy(file.path, { mtime, mode, size: file.size }, (done) => {
        file.open().then(
          (stream) => done(null, stream),
          (error: Error) => done(error, Readable.from([])),
        );
      });
    }
  }
  zip.end();
  await written;
}
