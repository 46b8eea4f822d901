import assert from "node:assert/strict";
import type { Kysely } from "kysely";
import { openDatabase } from "../../../kit/database.ts";
import { DEFAULT_LIMITS } from "../config.ts";
import type { CcDeps } from "../deps.ts";
import { CC_MIGRATIONS } from "../store/migrations.ts";
import type { CcDatabase } from "../store/schema.ts";
import { type Answer, type Call, TestCc } from "./boot-cc.ts";
import { FakeBroker, type FakeOffering } from "./fake-broker.ts";
import { offerCatalog } from "./offer-catalog.ts";

const plan = (id: string, more: object = {}) => ({ id, name: id, description: id, free: true, ...more });

/** An offering of each sort that the Cloud Controller treats differently. */
export const OFFERINGS: readonly FakeOffering[] = [
  {
    id: "db",
    name: "db",
    description: "databases",
    bindable: true,
    plan_updateable: true,
    instances_retrievable: true,
    bindings_retrievable: true,
    allow_context_updates: false,
    tags: ["relational"],
    metadata: { shareable: true },
    plans: [
      plan("small", { maintenance_info: { version: "1.0.0", description: "first" } }),
      plan("large", { maintenance_info: { version: "2.0.0" } }),
      plan("paid", { free: false }),
      plan("unbindable", { bindable: false }),
      plan("hasty", { maximum_polling_duration: 1 }),
    ],
  },
  {
    id: "proxy",
    name: "proxy",
    description: "route service",
    bindable: true,
    requires: ["route_forwarding"],
    bindings_retrievable: true,
    plans: [plan("filter")],
  },
  {
    id: "logs",
    name: "logs",
    description: "log service",
    bindable: true,
    requires: ["syslog_drain"],
    plans: [plan("drain")],
  },
  {
    id: "disk",
    name: "disk",
    description: "volume service",
    bindable: true,
    requires: ["volume_mount"],
    plans: [plan("nfs")],
  },
];

/** A Cloud Controller with a space, an app and a broker whose plans are public. For tests. */
export class ServicesWorld implements AsyncDisposable {
  readonly cc: TestCc;
  readonly broker: FakeBroker;
  readonly call: Call;
  readonly organization: string;
  readonly space: string;
  readonly app: string;
  #plans: ReadonlyMap<string, string> = new Map();

  private constructor(cc: TestCc, broker: FakeBroker, call: Call, places: readonly [string, string, string]) {
    this.cc = cc;
    this.broker = broker;
    this.call = call;
    [this.organization, this.space, this.app] = places;
  }

  static async boot(deps: Partial<CcDeps> = {}): Promise<ServicesWorld> {
    // Waits between looks at a broker's work are milliseconds here.
    const brokerPolling = { ...DEFAULT_LIMITS.brokerPolling, firstMs: 20, intervalMs: 40 };
    const cc = await TestCc.boot(deps, { brokerPolling, volumeServicesEnabled: true });
    const broker = await FakeBroker.start(OFFERINGS);
    const call = await cc.admin();
    const make = async (path: string, body: object): Promise<string> => guidOf(await call("POST", `/v3/${path}`, body));
    const organization = await make("organizations", { name: "org" });
    const space = await make("spaces", { name: "space", ...related({ organization }) });
    const app = await make("apps", { name: "app", ...related({ space }) });
    await call("PATCH", "/v3/feature_flags/service_instance_sharing", { enabled: true });
    const world = new ServicesWorld(cc, broker, call, [organization, space, app]);
    await world.offer();
    // Volume services are registered while there is support for them, and used when there is none any more.
    await cc.restart(undefined, { volumeServicesEnabled: false });
    return world;
  }

  /** Puts the broker and its catalog into the database, with plans that are public. */
  async offer(): Promise<void> {
    this.#plans = await offerCatalog(this.cc, this.broker);
  }

  /** Changes the catalog behind the Cloud Controller's back, as a broker or an operator would. */
  async change(work: (db: Kysely<CcDatabase>) => Promise<unknown>): Promise<void> {
    await using database = await openDatabase<CcDatabase>(this.cc.database, CC_MIGRATIONS);
    await work(database.db);
  }

  plan(name: string): string {
    return this.#plans.get(name) ?? assert.fail(`no plan ${name}`);
  }

  /** Asks for a managed instance and gives the answer. */
  ask(name: string, planName = "small", more: object = {}, call: Call = this.call): Promise<Answer> {
    return call("POST", "/v3/service_instances", {
      type: "managed",
      name,
      ...related({ space: this.space, service_plan: this.plan(planName) }),
      ...more,
    });
  }

  /** Makes a managed instance and gives its guid. */
  async instance(name: string, planName = "small", more: object = {}): Promise<string> {
    const { state, errors } = await this.cc.job(await this.ask(name, planName, more));
    assert.equal(state, "COMPLETE", JSON.stringify(errors));
    return this.find(name);
  }

  async find(name: string): Promise<string> {
    const { body } = await this.call("GET", `/v3/service_instances?names=${name}`);
    return (body as { resources: { guid: string }[] }).resources[0]!.guid;
  }

  async show(guid: string): Promise<Instance> {
    const answer = await this.call("GET", `/v3/service_instances/${guid}`);
    assert.equal(answer.status, 200);
    return answer.body as Instance;
  }

  bindApp(instance: string, more: object = {}, app = this.app): Promise<Answer> {
    const body = { type: "app", ...related({ service_instance: instance, app }), ...more };
    return this.call("POST", "/v3/service_credential_bindings", body);
  }

  askKey(instance: string, name: string, more: object = {}): Promise<Answer> {
    const body = { type: "key", name, ...related({ service_instance: instance }), ...more };
    return this.call("POST", "/v3/service_credential_bindings", body);
  }

  /** Bindings of an instance, as documents. */
  async bindings(instance: string): Promise<Binding[]> {
    const { body } = await this.call("GET", `/v3/service_credential_bindings?service_instance_guids=${instance}`);
    return (body as { resources: Binding[] }).resources;
  }

  async done(answer: Answer): Promise<void> {
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    const { state, errors } = await this.cc.job(answer);
    assert.equal(state, "COMPLETE", JSON.stringify(errors));
  }

  /** The first error's text of a job that failed. */
  async failure(answer: Answer): Promise<string> {
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    const { state, errors } = await this.cc.job(answer);
    assert.equal(state, "FAILED");
    return errors[0]!.detail;
  }

  /** Types of the audit events about something, the oldest first. */
  async events(guid: string): Promise<string[]> {
    const { body } = await this.call("GET", `/v3/audit_events?target_guids=${guid}&per_page=100`);
    return (body as { resources: { type: string }[] }).resources.map(({ type }) => type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cc[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
  }
}

export interface Instance {
  readonly guid: string;
  readonly name: string;
  readonly last_operation: { readonly type: string; readonly state: string; readonly description: string | null };
  readonly [field: string]: unknown;
}

export interface Binding {
  readonly guid: string;
  readonly name: string | null;
  readonly last_operation: { readonly type: string; readonly state: string; readonly description: string | null };
}

export function guidOf({ status, body }: Answer): string {
  assert.ok(status < 300, JSON.stringify(body));
  return (body as { guid: string }).guid;
}

export function detailOf({ body }: Answer): string {
  return (body as { errors: { detail: string }[] }).errors[0]!.detail;
}

export function related(guids: Readonly<Record<string, string>>): { relationships: object } {
  return { relationships: Object.fromEntries(Object.entries(guids).map(([kind, guid]) => [kind, { data: { guid } }])) };
}

/** Waits for something that becomes true soon. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 2_000; left > 0; left--) {
    if (await holds()) return;
    await new Promise((resume) => setTimeout(resume, 5));
  }
  assert.fail("it never became true");
}
