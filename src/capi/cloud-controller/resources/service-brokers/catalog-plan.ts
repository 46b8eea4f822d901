import { type CatalogErrors, isObject, type Json } from "./catalog-errors.ts";
import { type PlanSchemas, readSchemas } from "./catalog-schema.ts";
import { inspected } from "./ruby-inspect.ts";

/** A plan as a valid catalog describes it; null is what the catalog left to the offering or to the default. */
export interface CatalogPlan {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
  readonly bindable: boolean | null;
  readonly planUpdateable: boolean | null;
  readonly metadata: Json | null;
  /** Seconds. */
  readonly maximumPollingDuration: number | null;
  readonly maintenanceInfo: Json | null;
  readonly schemas: PlanSchemas;
}

/** Characters of maintenance_info as JSON. */
const MAINTENANCE_MAX = 2000;
const MAINTENANCE_KEYS = ["version", "description"];
/** semver.org, item "regular expression" */
const SEMVER =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

/** Reads one plan; what is wrong with it goes into `errors`. CC: v2/catalog_plan.rb */
export function readPlan(plan: Json, errors: CatalogErrors): CatalogPlan {
  const { metadata, free, bindable, plan_updateable: planUpdateable, schemas, maintenance_info: maintenance } = plan;
  const polling = plan["maximum_polling_duration"];
  errors.requireText("Plan id", plan["id"]);
  errors.requireText("Plan name", plan["name"]);
  errors.requireDescription("Plan description", plan["description"]);
  if (isGiven(metadata)) errors.checkObject("Plan metadata", metadata);
  errors.checkFlag("Plan free", free);
  errors.checkFlag("Plan bindable", bindable);
  errors.checkFlag("Plan updateable", planUpdateable);
  if (isGiven(polling)) errors.checkInteger("Maximum polling duration", polling);
  if (isGiven(schemas)) errors.checkObject("Plan schemas", schemas);
  if (isGiven(maintenance)) checkMaintenance(maintenance, errors);
  return {
    id: textOf(plan["id"]),
    name: textOf(plan["name"]),
    description: textOf(plan["description"]),
    free: free !== false,
    bindable: typeof bindable === "boolean" ? bindable : null,
    planUpdateable: typeof planUpdateable === "boolean" ? planUpdateable : null,
    metadata: isObject(metadata) ? metadata : null,
    maximumPollingDuration: typeof polling === "number" ? polling : null,
    maintenanceInfo: isObject(maintenance) ? maintenance : null,
    schemas: isObject(schemas) ? schemasOf(schemas, errors) : {},
  };
}

function schemasOf(schemas: Json, errors: CatalogErrors): PlanSchemas {
  const part = errors.part("schemas");
  const read = readSchemas(schemas, part);
  if (part.isEmpty) errors.parts.pop();
  return read;
}

function checkMaintenance(maintenance: unknown, errors: CatalogErrors): void {
  errors.checkObject("Maintenance info", maintenance);
  const info = isObject(maintenance) ? maintenance : {};
  const { version, description } = info;
  errors.requireText("Maintenance info version", version);
  if (!SEMVER.test(version === undefined || version === null ? "" : String(version))) {
    errors.add(`Maintenance info version must be a Semantic Version, but has value ${inspected(version)}`);
  }
  errors.checkText("Maintenance info description", description);
  const { length } = JSON.stringify(maintenance);
  if (length > MAINTENANCE_MAX) {
    errors.add(
      `Maintenance info must serialize to ${MAINTENANCE_MAX} characters or fewer in JSON, but serializes to ${length} characters`,
    );
  }
  const extra = Object.keys(info).filter((key) => !MAINTENANCE_KEYS.includes(key));
  if (extra.length > 0) errors.add(`Maintenance info contains invalid key(s): ${extra.join(", ")}`);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : inspected(value);
}
