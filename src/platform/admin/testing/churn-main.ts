import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { parentPort, workerData } from "node:worker_threads";
import { startBlobstore } from "../../../capi/blobstore/index.ts";
import { silentLog } from "../../../kit/log.ts";
import { systemRandom } from "../../../kit/random-system.ts";
import { Sqlite } from "../../../kit/sqlite.ts";

// A thread that makes and deletes droplets as the Cloud Controller does, as fast as it can, until it is told to stop.
const { blobs, database } = workerData as { blobs: string; database: string };
/** Few live at a time, so that at each moment most are young or about to go. */
const LIVING = 3;

let isOver = false;
parentPort!.on("message", () => {
  isOver = true;
});
using controller = new Sqlite(database);
await using store = await startBlobstore({ root: blobs }, { random: systemRandom(), log: silentLog() });
const { signal } = new AbortController();
for (let n = 0; !isOver; n++) {
  const content = `droplet ${n} `.repeat(100);
  const sha256 = createHash("sha256").update(content).digest("hex");
  await store.client.put("droplets", `d${n}`, Readable.from([Buffer.from(content)]), { bytesMax: 1e6, signal });
  controller.prepare("INSERT INTO droplets VALUES (?, 'buildpack', 'STAGED', ?)").run(`d${n}`, sha256);
  if (n < LIVING) continue;
  if (n === LIVING) parentPort!.postMessage("begun");
  controller.prepare("DELETE FROM droplets WHERE guid = ?").run(`d${n - LIVING}`);
  await store.client.delete("droplets", `d${n - LIVING}`);
}
parentPort!.close();
