const { createHash, timingSafeEqual } = require("node:crypto");
const { mkdirSync, rmSync } = require("node:fs");
const { join } = require("node:path");
const { DatabaseSync } = require("node:sqlite");

const ROWS_MAX = 10_000;

/** Databases as files of this app, which apps ask over HTTP. Also keeps the broker's records, in a file of its own. */
exports.SqliteDatabases = class SqliteDatabases {
  kind = "SQLite";
  #folder;
  #records;

  constructor(folder) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#records = new DatabaseSync(join(folder, "broker.sqlite"));
    this.#records.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS records (kind TEXT, guid TEXT, value TEXT, PRIMARY KEY (kind, guid)) STRICT`);
  }

  get records() {
    const db = this.#records;
    return {
      get: async (kind, guid) => {
        const row = db.prepare("SELECT value FROM records WHERE kind = ? AND guid = ?").get(kind, guid);
        return row === undefined ? null : JSON.parse(row.value);
      },
      put: async (kind, guid, value) => {
        db.prepare("INSERT OR REPLACE INTO records VALUES (?, ?, ?)").run(kind, guid, JSON.stringify(value));
      },
      delete: async (kind, guid) => {
        db.prepare("DELETE FROM records WHERE kind = ? AND guid = ?").run(kind, guid);
      },
    };
  }

  #path(guid) {
    return join(this.#folder, `${createHash("sha256").update(guid).digest("hex")}.sqlite`);
  }

  async create(guid) {
    new DatabaseSync(this.#path(guid)).close();
  }

  async drop(guid) {
    for (const end of ["", "-wal", "-shm"]) rmSync(this.#path(guid) + end, { force: true });
  }

  async bind(instanceGuid, guid, password, origin) {
    return { uri: `${origin}/databases/${instanceGuid}`, username: guid, password };
  }

  async unbind() {}

  /** Runs one statement for the binding that these credentials belong to; null when there is none. */
  async run(instanceGuid, { username, password }, { sql, parameters = [] }) {
    const binding = await this.records.get("binding", username);
    if (binding === null || binding.instanceGuid !== instanceGuid) return null;
    const digest = (text) => createHash("sha256").update(text).digest();
    if (!timingSafeEqual(digest(binding.credentials.password), digest(password))) return null;
    const db = new DatabaseSync(this.#path(instanceGuid));
    try {
      // No statement of a tenant opens another file.
      if (/\b(attach|detach|load_extension|vacuum)\b/i.test(sql)) throw new Error("not allowed here");
      return { rows: db.prepare(sql).all(...parameters).slice(0, ROWS_MAX) };
    } finally {
      db.close();
    }
  }
};
