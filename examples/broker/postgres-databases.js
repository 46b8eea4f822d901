const { createHash } = require("node:crypto");
const { withConnection } = require("./postgres.js");

/** Databases of a PostgreSQL server; `url` names an administrator. Keeps the broker's records there too. */
exports.PostgresDatabases = class PostgresDatabases {
  kind = "PostgreSQL";
  #url;

  constructor(url) {
    this.#url = new URL(url);
  }

  async start() {
    await this.#run("CREATE TABLE IF NOT EXISTS broker_records (kind text, guid text, value text, PRIMARY KEY (kind, guid))");
  }

  get records() {
    const at = (kind, guid) => `kind = ${text(kind)} AND guid = ${text(guid)}`;
    return {
      get: async (kind, guid) => {
        const [row] = await this.#run(`SELECT value FROM broker_records WHERE ${at(kind, guid)}`);
        return row === undefined ? null : JSON.parse(row[0]);
      },
      put: async (kind, guid, value) => {
        const json = text(JSON.stringify(value));
        await this.#run(
          `INSERT INTO broker_records VALUES (${text(kind)}, ${text(guid)}, ${json}) ON CONFLICT (kind, guid) DO UPDATE SET value = ${json}`,
        );
      },
      delete: async (kind, guid) => {
        await this.#run(`DELETE FROM broker_records WHERE ${at(kind, guid)}`);
      },
    };
  }

  async create(guid) {
    const database = nameOf("db", guid);
    const [known] = await this.#run(`SELECT 1 FROM pg_database WHERE datname = ${text(database)}`);
    if (known !== undefined) return;
    await this.#run(`CREATE DATABASE ${database}`);
    await this.#run(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  }

  async drop(guid) {
    await this.#run(`DROP DATABASE IF EXISTS ${nameOf("db", guid)} WITH (FORCE)`);
  }

  async bind(instanceGuid, guid, password) {
    const [database, role] = [nameOf("db", instanceGuid), nameOf("role", guid)];
    const [known] = await this.#run(`SELECT 1 FROM pg_roles WHERE rolname = ${text(role)}`);
    await this.#run(`${known === undefined ? "CREATE" : "ALTER"} ROLE ${role} LOGIN PASSWORD ${text(password)}`);
    await this.#run(`GRANT ALL ON DATABASE ${database} TO ${role}`);
    await this.#run(`GRANT ALL ON SCHEMA public TO ${role}`, database);
    const { hostname, port } = this.#url;
    const uri = `postgres://${role}:${password}@${hostname}:${port || 5432}/${database}`;
    return { uri, hostname, port: Number(port || 5432), name: database, username: role, password };
  }

  async unbind(instanceGuid, guid) {
    const [database, role] = [nameOf("db", instanceGuid), nameOf("role", guid)];
    const [known] = await this.#run(`SELECT 1 FROM pg_roles WHERE rolname = ${text(role)}`);
    if (known === undefined) return;
    await this.#run(`REASSIGN OWNED BY ${role} TO CURRENT_USER`, database);
    await this.#run(`DROP OWNED BY ${role}`, database);
    await this.#run(`DROP OWNED BY ${role}`);
    await this.#run(`DROP ROLE ${role}`);
  }

  async #run(sql, database = null) {
    const url = new URL(this.#url);
    if (database !== null) url.pathname = `/${database}`;
    return await withConnection(url, (query) => query(sql));
  }
};

/** A name that needs no quotes, whatever the guid. */
function nameOf(prefix, guid) {
  return `${prefix}_${createHash("sha256").update(guid).digest("hex").slice(0, 40)}`;
}

function text(value) {
  return `E'${String(value).replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
