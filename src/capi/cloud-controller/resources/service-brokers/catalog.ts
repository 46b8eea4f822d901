import { CatalogErrors, isObject, type Json } from "./catalog-errors.ts";
import { type CatalogPlan, readPlan } from "./catalog-plan.ts";
import { inspected } from "./ruby-inspect.ts";

export interface DashboardClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
}

/** An offering as a valid catalog describes it. */
export interface CatalogOffering {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly bindable: boolean;
  readonly planUpdateable: boolean;
  readonly bindingsRetrievable: boolean;
  readonly instancesRetrievable: boolean;
  readonly allowContextUpdates: boolean;
  readonly tags: readonly string[];
  readonly requires: readonly string[];
  readonly metadata: Json | null;
  readonly dashboardClient: DashboardClient | null;
  readonly plans: readonly CatalogPlan[];
}

/** What is known of the broker from before, as far as its new catalog can clash with it. */
export interface KnownCatalog {
  readonly brokerName: string;
  readonly offerings: readonly { readonly id: string; readonly name: string; readonly hasInstances: boolean }[];
  readonly plans: readonly {
    readonly id: string;
    readonly name: string;
    readonly offeringId: string;
    readonly offeringName: string;
  }[];
}

const TAGS_MAX = 2048;
const REQUIRES = ["syslog_drain", "route_forwarding", "volume_mount"];

/** Reads a catalog and says what is wrong with it; the offerings are only good when nothing is. CC: v2/catalog.rb */
export function readCatalog(
  document: Json,
  known: KnownCatalog,
): { readonly offerings: readonly CatalogOffering[]; readonly errors: CatalogErrors } {
  const errors = new CatalogErrors();
  const { services } = document;
  const listed = Array.isArray(services) ? (services as unknown[]).map((entry) => (isObject(entry) ? entry : {})) : [];
  const offerings = listed.map((entry) => readOffering(entry, errors.part(shown(entry["name"]))));
  if (listed.length === 0) errors.add("Service broker must provide at least one service");
  if (hasDuplicates(listed.map(({ id }) => id).filter((id) => id !== undefined && id !== null))) {
    errors.add("Service ids must be unique");
  }
  checkNames(offerings, known, errors);
  checkPlanIds(offerings, known, errors);
  const clients = offerings.flatMap(({ dashboardClient }) => dashboardClient?.id ?? []);
  if (hasDuplicates(clients)) errors.add("Service dashboard_client id must be unique");
  return { offerings, errors };
}

/** What a valid catalog asks for that this platform does not do. CC: v2/catalog.rb, compatible? */
export function incompatibilities(
  offerings: readonly CatalogOffering[],
  { volumeServicesEnabled }: { readonly volumeServicesEnabled: boolean },
): CatalogErrors {
  const errors = new CatalogErrors();
  for (const { name, requires } of offerings) {
    if (volumeServicesEnabled || !requires.includes("volume_mount")) continue;
    errors.add(
      `Service ${name} is declared to be a volume mount service but support for volume mount services is disabled.`,
    );
  }
  return errors;
}

function readOffering(entry: Json, errors: CatalogErrors): CatalogOffering {
  const { tags = [], requires = [], metadata, plan_updateable: planUpdateable } = entry;
  errors.requireText("Service id", entry["id"]);
  errors.requireText("Service name", entry["name"]);
  errors.requireDescription("Service description", entry["description"]);
  errors.requireFlag('Service "bindable" field', entry["bindable"]);
  errors.checkFlag('Service "plan_updateable" field', planUpdateable);
  for (const field of ["bindings_retrievable", "instances_retrievable", "allow_context_updates"]) {
    errors.checkFlag(`Service "${field}" field`, entry[field]);
  }
  if (errors.checkTexts("Service tags", tags) && (tags as string[]).join("").length > TAGS_MAX) {
    errors.add(`Tags for the service ${shown(entry["name"])} must be ${TAGS_MAX} characters or less.`);
  }
  errors.checkTexts('Service "requires" field', requires);
  if (metadata !== undefined && metadata !== null && metadata !== false) {
    errors.checkObject("Service metadata", metadata);
    if (isObject(metadata)) errors.checkFlag("Service metadata shareable", metadata["shareable"]);
  }
  const dashboardClient = readDashboardClient(entry["dashboard_client"], errors);
  for (const value of Array.isArray(requires) ? (requires as unknown[]) : []) {
    if (REQUIRES.includes(value as string)) continue;
    errors.add(`Service "requires" field contains unsupported value "${shown(value)}"`);
  }
  return {
    id: shown(entry["id"]),
    name: shown(entry["name"]),
    description: shown(entry["description"]),
    bindable: entry["bindable"] === true,
    planUpdateable: planUpdateable === true,
    bindingsRetrievable: entry["bindings_retrievable"] === true,
    instancesRetrievable: entry["instances_retrievable"] === true,
    allowContextUpdates: entry["allow_context_updates"] === true,
    tags: Array.isArray(tags) ? (tags as string[]) : [],
    requires: Array.isArray(requires) ? (requires as string[]) : [],
    metadata: isObject(metadata) ? metadata : null,
    dashboardClient,
    plans: readPlans(entry, errors),
  };
}

function readDashboardClient(client: unknown, errors: CatalogErrors): DashboardClient | null {
  if (client === undefined || client === null || client === false) return null;
  errors.checkObject("Service dashboard client attributes", client);
  if (!isObject(client)) return null;
  errors.requireText("Service dashboard client id", client["id"]);
  errors.requireText("Service dashboard client secret", client["secret"]);
  errors.requireText("Service dashboard client redirect_uri", client["redirect_uri"]);
  return { id: shown(client["id"]), secret: shown(client["secret"]), redirectUri: shown(client["redirect_uri"]) };
}

/** A mistake of one kind hides those that follow from it. */
function readPlans(entry: Json, errors: CatalogErrors): readonly CatalogPlan[] {
  const { plans } = entry;
  if (plans === undefined || plans === null || (Array.isArray(plans) && plans.length === 0)) {
    errors.add("At least one plan is required");
    return [];
  }
  const before = errors.texts.length;
  errors.checkObjects("Service plans list", plans);
  if (errors.texts.length !== before) return [];
  const read = (plans as Json[]).map((plan) => readPlan(plan, errors.part(shown(plan["name"]))));
  const service = shown(entry["name"]);
  for (const id of duplicates(read.map((plan) => plan.id))) {
    errors.add(`Plan ids must be unique. Service ${service} already has a plan with id '${id}'`);
  }
  if (errors.texts.length !== before) return read;
  for (const name of duplicates(read.map((plan) => plan.name))) {
    errors.add(`Plan names must be unique within a service. Service ${service} already has a plan named ${name}`);
  }
  return read;
}

function checkNames(offerings: readonly CatalogOffering[], known: KnownCatalog, errors: CatalogErrors): void {
  if (hasDuplicates(offerings.map(({ name }) => name))) errors.add("Service names must be unique within a broker");
  const taken = known.offerings.flatMap((old) => {
    const next = offerings.find(({ name }) => name === old.name);
    return next === undefined || next.id === old.id || !old.hasInstances ? [] : [next.name];
  });
  if (taken.length === 0) return;
  errors.add(`Service names must be unique within a broker. Services with names ${inspected(taken)} already exist`);
}

function checkPlanIds(offerings: readonly CatalogOffering[], known: KnownCatalog, errors: CatalogErrors): void {
  const seen = new Map<string, { readonly offering: CatalogOffering; readonly plan: CatalogPlan }>();
  const unable = ({ offering, plan }: { offering: CatalogOffering; plan: CatalogPlan }): string =>
    `Plan ids must be unique. Unable to register plan with id '${plan.id}' (plan name '${plan.name}', service name '${offering.name}') because it uses the same id as`;
  for (const offering of offerings) {
    for (const plan of offering.plans) {
      const first = seen.get(plan.id);
      if (first !== undefined) {
        const other = `(plan name '${first.plan.name}', service name '${first.offering.name}')`;
        errors.add(`${unable({ offering, plan })} another plan in the catalog ${other}`);
      }
      seen.set(plan.id, { offering, plan });
    }
  }
  for (const old of known.plans) {
    const next = seen.get(old.id);
    if (next === undefined || next.offering.id === old.offeringId) continue;
    const other = `(plan name '${old.name}', service name '${old.offeringName}', broker name '${known.brokerName}')`;
    errors.add(`${unable(next)} an existing plan ${other}`);
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : inspected(value);
}

function hasDuplicates(values: readonly unknown[]): boolean {
  return new Set(values.map((value) => (typeof value === "string" ? value : inspected(value)))).size < values.length;
}

function duplicates(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
