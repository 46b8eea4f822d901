import { type Migration, Sqlite } from "../kit/sqlite.ts";
import type { ContainerRecord } from "./container-record.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE containers (handle TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
      CREATE TABLE freed_addresses (address TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT;
      CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
  },
];

/**
 * The durable list of containers, of addresses that rest and of choices made once. Held in memory, written through: a
 * change is safe from the death of this process as soon as it is made. Nobody waits for the disk itself, because no
 * container outlives the machine: after a loss of power the list is emptied, and folders without a record are removed.
 */
export class Registry implements Disposable {
  readonly #file: Sqlite;
  readonly #containers = new Map<string, ContainerRecord>();
  readonly #freed = new Map<string, number>();
  readonly #put;
  readonly #remove;
  readonly #putFreed;
  readonly #forgetFreed;

  constructor(path: string) {
    this.#file = new Sqlite(path);
    this.#file.migrate(MIGRATIONS);
    for (const row of this.#file.prepare("SELECT record FROM containers").all()) {
      const record = JSON.parse(String(row["record"])) as ContainerRecord;
      this.#containers.set(record.handle, record);
    }
    for (const row of this.#file.prepare("SELECT address, at_ms FROM freed_addresses").all()) {
      this.#freed.set(String(row["address"]), Number(row["at_ms"]));
    }
    this.#put = this.#file.prepare(
      "INSERT INTO containers (handle, record) VALUES (?, ?) ON CONFLICT (handle) DO UPDATE SET record = excluded.record",
    );
    this.#remove = this.#file.prepare("DELETE FROM containers WHERE handle = ?");
    this.#putFreed = this.#file.prepare(
      "INSERT INTO freed_addresses (address, at_ms) VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET at_ms = excluded.at_ms",
    );
    this.#forgetFreed = this.#file.prepare("DELETE FROM freed_addresses WHERE at_ms < ?");
  }

  get(handle: string): ContainerRecord | undefined {
    return this.#containers.get(handle);
  }

  all(): ContainerRecord[] {
    return [...this.#containers.values()];
  }

  put(record: ContainerRecord): void {
    this.#put.run(record.handle, JSON.stringify(record));
    this.#containers.set(record.handle, record);
  }

  /** Forgets a container; its address rests from now on. */
  remove(handle: string, nowMs: number, restMs: number): void {
    const address = this.#containers.get(handle)?.address ?? null;
    this.#file.transaction(() => {
      this.#remove.run(handle);
      if (address !== null) this.#putFreed.run(address, nowMs);
      this.#forgetFreed.run(nowMs - restMs);
    });
    this.#containers.delete(handle);
    if (address !== null) this.#freed.set(address, nowMs);
    for (const [freed, atMs] of this.#freed) if (atMs < nowMs - restMs) this.#freed.delete(freed);
  }

  /** When addresses were given back, wall clock. */
  get freedAddresses(): ReadonlyMap<string, number> {
    return this.#freed;
  }

  setting(name: string): string | null {
    const row = this.#file.prepare("SELECT value FROM settings WHERE name = ?").get(name);
    return row === undefined ? null : String(row["value"]);
  }

  putSetting(name: string, value: string): void {
    this.#file
      .prepare(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      )
      .run(name, value);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
