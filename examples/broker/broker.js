const { randomBytes } = require("node:crypto");
const { catalog } = require("./catalog.js");

/** An answer that ends a request. */
class Answer {
  constructor(status, body = {}) {
    Object.assign(this, { status, body });
  }
}
exports.Answer = Answer;

const SECONDS_MAX = 600;

/**
 * The rules of the Open Service Broker API over `databases` (create, drop, bind, unbind) and `records` (get, put, delete of JSON by kind and
 * guid, durable when they return). Everything may be asked twice. Work of N seconds is remembered by its end, so that it survives restarts.
 */
exports.Broker = class Broker {
  #databases;
  #records;
  #now;

  constructor(databases, records, now = Date.now) {
    this.#databases = databases;
    this.#records = records;
    this.#now = now;
  }

  catalog() {
    return new Answer(200, catalog(this.#databases.kind));
  }

  async provision(guid, { body, acceptsIncomplete }) {
    this.#requirePlan(body);
    const wanted = { service_id: body.service_id, plan_id: body.plan_id, parameters: body.parameters ?? {} };
    const seconds = secondsOf(wanted.parameters, acceptsIncomplete);
    const known = await this.#records.get("instance", guid);
    if (known !== null) return this.#again(known, wanted);
    await this.#databases.create(guid);
    const instance = { ...wanted, readyAt: this.#now() + seconds * 1000, operation: "create" };
    await this.#records.put("instance", guid, instance);
    return seconds > 0 ? new Answer(202, { operation: "create" }) : new Answer(201);
  }

  async update(guid, { body, acceptsIncomplete }) {
    const instance = await this.#instance(guid);
    if (body.plan_id !== undefined) this.#requirePlan(body);
    const seconds = secondsOf(body.parameters ?? {}, acceptsIncomplete);
    await this.#records.put("instance", guid, {
      ...instance,
      plan_id: body.plan_id ?? instance.plan_id,
      parameters: { ...instance.parameters, ...body.parameters },
      readyAt: this.#now() + seconds * 1000,
      operation: "update",
    });
    return seconds > 0 ? new Answer(202, { operation: "update" }) : new Answer(200);
  }

  async deprovision(guid, { acceptsIncomplete }) {
    const instance = await this.#records.get("instance", guid);
    if (instance === null) throw new Answer(410);
    await this.#databases.drop(guid);
    const seconds = acceptsIncomplete ? (instance.parameters.seconds ?? 0) : 0;
    if (seconds === 0) {
      await this.#records.delete("instance", guid);
      return new Answer(200);
    }
    const readyAt = this.#now() + seconds * 1000;
    await this.#records.put("instance", guid, { ...instance, readyAt, operation: "delete" });
    return new Answer(202, { operation: "delete" });
  }

  async fetchInstance(guid) {
    const { service_id, plan_id, parameters } = await this.#ready("instance", guid);
    return new Answer(200, { service_id, plan_id, parameters });
  }

  async lastOperation(kind, guid) {
    const record = await this.#records.get(kind, guid);
    if (record === null) throw new Answer(410);
    if (record.readyAt > this.#now()) return new Answer(200, { state: "in progress", description: record.operation });
    if (record.operation !== "delete") return new Answer(200, { state: "succeeded" });
    await this.#records.delete(kind, guid);
    throw new Answer(410);
  }

  /** `origin` is where the broker itself was reached. */
  async bind(instanceGuid, guid, { body, acceptsIncomplete, origin }) {
    await this.#ready("instance", instanceGuid);
    const wanted = { service_id: body.service_id, plan_id: body.plan_id, parameters: body.parameters ?? {} };
    const seconds = secondsOf(wanted.parameters, acceptsIncomplete);
    const known = await this.#records.get("binding", guid);
    if (known !== null) return this.#again(known, wanted, { credentials: known.credentials });
    const password = randomBytes(18).toString("base64url");
    const credentials = await this.#databases.bind(instanceGuid, guid, password, origin);
    const readyAt = this.#now() + seconds * 1000;
    await this.#records.put("binding", guid, { ...wanted, instanceGuid, credentials, readyAt, operation: "create" });
    return seconds > 0 ? new Answer(202, { operation: "create" }) : new Answer(201, { credentials });
  }

  async unbind(guid) {
    const binding = await this.#records.get("binding", guid);
    if (binding === null) throw new Answer(410);
    await this.#databases.unbind(binding.instanceGuid, guid);
    await this.#records.delete("binding", guid);
    return new Answer(200);
  }

  async fetchBinding(guid) {
    const { credentials, parameters } = await this.#ready("binding", guid);
    return new Answer(200, { credentials, parameters });
  }

  #requirePlan(body) {
    const [service] = catalog(this.#databases.kind).services;
    if (body.service_id === service.id && service.plans.some(({ id }) => id === body.plan_id)) return;
    throw new Answer(400, { description: "There is no such service or plan" });
  }

  #again(known, wanted, details = {}) {
    const same = ["service_id", "plan_id", "parameters"].every(
      (field) => JSON.stringify(known[field]) === JSON.stringify(wanted[field]),
    );
    if (!same) throw new Answer(409, { description: "It exists with other attributes" });
    return known.readyAt > this.#now() ? new Answer(202, { operation: known.operation }) : new Answer(200, details);
  }

  async #instance(guid) {
    const instance = await this.#records.get("instance", guid);
    if (instance === null) throw new Answer(404, { description: "There is no such service instance" });
    if (instance.readyAt <= this.#now()) return instance;
    throw new Answer(422, { error: "ConcurrencyError", description: "The service instance is being worked on" });
  }

  async #ready(kind, guid) {
    const record = await this.#records.get(kind, guid);
    if (record === null || record.readyAt > this.#now()) throw new Answer(404, { description: `No such ${kind}` });
    return record;
  }
};

function secondsOf({ seconds = 0 }, acceptsIncomplete) {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > SECONDS_MAX) {
    throw new Answer(400, { description: `seconds must be a whole number up to ${SECONDS_MAX}` });
  }
  if (seconds === 0 || acceptsIncomplete) return seconds;
  throw new Answer(422, { error: "AsyncRequired", description: "This takes a while: ask asynchronously" });
}
