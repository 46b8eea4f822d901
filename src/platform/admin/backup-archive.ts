import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type BackupFile, type BackupHeader, digestInPath, HEADER_NAME, MANIFEST_NAME } from "./backup-manifest.ts";

/** Blobs are compressed already: more effort would buy nothing. */
const GZIP_LEVEL = 1;
const READ_BYTES = 262_144;

export interface ArchivedFile {
  /** In the archive. */
  readonly path: string;
  /** Of this machine; nobody may change it meanwhile. */
  readonly source: string;
  readonly size: number;
}

/**
 * Writes one tar.gz of mode 0600: header, files, and last the list of their digests. On disk when it resolves. Gives the blobs whose
 * content is not what its name says; they are in the archive, but a restore leaves them out.
 */
export async function writeArchive(
  target: string,
  header: BackupHeader,
  files: readonly ArchivedFile[],
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly damaged: readonly string[] }> {
  const { pack: newPack } = await import("tar-stream");
  signal.throwIfAborted();
  const pack = newPack();
  pack.on("error", () => undefined); // told below
  const mtime = new Date(header.createdAt);
  const options = (name: string, size: number) => ({ name, size, mode: 0o600, mtime, type: "file" as const });
  const text = (name: string, value: object): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = `${JSON.stringify(value)}\n`;
      pack.entry(options(name, Buffer.byteLength(body)), body, (error) => (error ? reject(error) : resolve()));
    });
  const out = createWriteStream(target, { mode: 0o600, flags: "wx" });
  const written = pipeline(pack, createGzip({ level: GZIP_LEVEL }), out, { signal });
  written.catch((error: Error) => pack.destroy(error)); // told below
  const manifest: BackupFile[] = [];
  const damaged: string[] = [];
  const fill = async (): Promise<void> => {
    await text(HEADER_NAME, header);
    for (const { path, source, size } of files) {
      const hash = createHash("sha256");
      const hashed = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      const entry = pack.entry(options(path, size));
      await pipeline(createReadStream(source, { highWaterMark: READ_BYTES }), hashed, entry, { signal });
      const sha256 = hash.digest("hex");
      manifest.push({ path, size, sha256 });
      if ((digestInPath(path) ?? sha256) !== sha256) damaged.push(path);
    }
    await text(MANIFEST_NAME, { files: manifest });
    pack.finalize();
  };
  await Promise.all([
    fill().catch((error: Error) => {
      pack.destroy(error);
      throw error;
    }),
    written,
  ]);
  const file = await open(target, "r+");
  try {
    await file.sync();
    return { bytes: (await file.stat()).size, damaged };
  } finally {
    await file.close();
  }
}
