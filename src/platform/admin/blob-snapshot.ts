import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { snapshotDatabase } from "./database-snapshot.ts";

/**
 * Names and contents of blobs while others write and delete. Contents never change, so a second link to each is a copy that costs
 * nothing and outlives its deletion. What is looked at twice, before and after the databases, holds everything that
 * they can speak of.
 */
export class BlobSnapshot {
  readonly #blobs: string;
  readonly #folder: string;
  readonly #looks: string[] = [];

  /** @param folder empty, on the same file system if possible. */
  constructor(blobs: string, folder: string) {
    this.#blobs = blobs;
    this.#folder = folder;
    mkdirSync(join(folder, "contents"), { recursive: true, mode: 0o700 });
  }

  look(): void {
    const names = join(this.#blobs, "names.sqlite");
    if (existsSync(names)) {
      const copy = join(this.#folder, `names-${this.#looks.length}.sqlite`);
      snapshotDatabase(names, copy);
      this.#looks.push(copy);
    }
    for (const path of contentsIn(join(this.#blobs, "contents"))) {
      const from = join(this.#blobs, "contents", path);
      const to = join(this.#folder, "contents", path);
      if (existsSync(to)) continue;
      mkdirSync(join(to, ".."), { recursive: true, mode: 0o700 });
      try {
        linkSync(from, to);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT") continue; // deleted meanwhile
        if (code !== "EXDEV" && code !== "EPERM") throw error;
        copyFileSync(from, to);
      }
    }
  }

  /** The names of all looks, later ones first, as far as their contents are there. Null: there were none. */
  names(): { readonly path: string; readonly known: ReadonlyMap<string, string> } | null {
    const last = this.#looks.at(-1);
    if (last === undefined) return null;
    const known = new Map<string, string>();
    const db = new DatabaseSync(last);
    try {
      for (const earlier of this.#looks.slice(0, -1)) {
        db.prepare("ATTACH ? AS earlier").run(earlier);
        db.exec(
          "INSERT INTO blob_name SELECT * FROM earlier.blob_name WHERE true ON CONFLICT (bucket, key) DO NOTHING",
        );
        db.exec("DETACH earlier");
      }
      const drop = db.prepare("DELETE FROM blob_name WHERE bucket = ? AND key = ?");
      const rows = db.prepare("SELECT bucket, key, sha256 FROM blob_name").all() as Record<string, string>[];
      for (const { bucket = "", key = "", sha256 = "" } of rows) {
        if (existsSync(join(this.#folder, "contents", sha256.slice(0, 2), sha256)))
          known.set(`${bucket}/${key}`, sha256);
        else drop.run(bucket, key);
      }
    } finally {
      db.close();
    }
    return { path: last, known };
  }

  /** Contents that a name points at. */
  contents(digests: ReadonlySet<string>): { readonly path: string; readonly source: string; readonly size: number }[] {
    return contentsIn(join(this.#folder, "contents"))
      .filter((path) => digests.has(path.slice(3)))
      .map((path) => {
        const source = join(this.#folder, "contents", path);
        return { path: `blobs/contents/${path}`, source, size: statSync(source).size };
      });
  }

  discard(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `ab/ab…`, sorted. */
function contentsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((two) =>
      readdirSync(join(folder, two))
        .sort()
        .map((name) => `${two}/${name}`),
    );
}
