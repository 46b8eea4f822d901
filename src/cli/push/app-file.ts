import { createHash } from "node:crypto";
import type { Readable } from "node:stream";

/** Something of the app's folder or archive. */
export interface AppFile {
  /** Relative, with slashes; folders without one at the end. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Hex; empty for folders and links. */
  readonly sha1: string;
  readonly modified: Date;
  /** Of a file. */
  readonly open: () => Promise<Readable>;
  /** Of a link: what it points to. */
  readonly target: string;
}

export interface AppFiles extends AsyncDisposable {
  readonly files: readonly AppFile[];
}

/** Hex SHA-1 of a stream's bytes, the blobstore's key for resource matching. */
export async function sha1Of(open: () => Promise<Readable>): Promise<string> {
  const hash = createHash("sha1");
  for await (const chunk of await open()) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
