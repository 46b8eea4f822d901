import { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";

// The thread of one checkpoint; see wal-checkpoints.ts.
const db = new DatabaseSync(String(workerData));
db.exec("PRAGMA busy_timeout = 5000; PRAGMA wal_checkpoint(PASSIVE)");
db.close();
