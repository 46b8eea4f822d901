// Writes tasks without end and prints the number of each that is confirmed, until it is killed.
import { sampleTaskDefinition } from "./sample-records.ts";
import { sqliteLrpStore } from "./store-sqlite.ts";
import { pendingTask } from "./task-transitions.ts";

const store = sqliteLrpStore(process.argv[2] ?? "");
for (let number = 1; ; number++) {
  const task = pendingTask(`task-${number}`, "cf-tasks", sampleTaskDefinition(), 1n);
  await store.write([{ kind: "put-task", task }]);
  process.stdout.write(`${number}\n`);
}
