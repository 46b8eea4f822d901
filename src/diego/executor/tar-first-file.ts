import { PassThrough, pipeline, type Readable } from "node:stream";

/** The first file of a tar stream: its bytes and how many they are. Destroy `tar` when done. Rejects when there is none. */
export async function firstFile(tar: Readable): Promise<{ readonly body: Readable; readonly size: number }> {
  const { extract } = await import("tar-stream");
  const entries = extract();
  return await new Promise((resolve, reject) => {
    entries.on("entry", (header, entry, next) => {
      if (header.type === "file") {
        const body = new PassThrough({ highWaterMark: 256 * 1024 });
        pipeline(entry, body, () => undefined); // an error destroys the body: its reader sees it
        return resolve({ body, size: header.size ?? 0 });
      }
      entry.resume();
      next();
    });
    pipeline(tar, entries, (error) => reject(error ?? new Error("no file in the tar stream")));
  });
}

/** Text of the first file of a tar stream; null when it is longer than `bytesMax`. */
export async function firstFileText(tar: Readable, bytesMax: number): Promise<string | null> {
  try {
    const { body, size } = await firstFile(tar);
    if (size > bytesMax) return null;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  } finally {
    tar.destroy();
  }
}
