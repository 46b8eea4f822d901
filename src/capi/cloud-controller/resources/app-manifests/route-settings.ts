import { optionTexts } from "../routes/body.ts";
import { parseManifestRoute } from "./manifest-route.ts";
import { isObject } from "./manifest-yaml.ts";
import type { ManifestRouteWanted } from "./model.ts";
import { written } from "./written-value.ts";

type Settings = Readonly<Record<string, unknown>>;

const PROTOCOLS = ["http1", "http2", "tcp"];

/** What is wrong with the entry's routes. CC: messages/manifest_routes_update_message.rb */
export function routeTexts(entry: Settings, hashing: boolean): string[] {
  const texts = entry["routes"] === undefined ? [] : listTexts(entry["routes"], hashing);
  for (const [key, name] of [
    ["no_route", "No-route"],
    ["default_route", "Default-route"],
    ["random_route", "Random-route"],
  ] as const) {
    const value = entry[key];
    if (value !== undefined && value !== null && typeof value !== "boolean") texts.push(`${name} must be a boolean`);
  }
  if (entry["random_route"] && entry["default_route"]) {
    texts.push("Random-route and default-route may not be used together");
  }
  return texts;
}

function listTexts(routes: unknown, hashing: boolean): string[] {
  if (!Array.isArray(routes) || !routes.every((one) => isObject(one) && Boolean(one["route"]))) {
    return ["Routes must be a list of route objects"];
  }
  const entries = routes as Settings[];
  return [
    ...entries
      .filter((one) => parseManifestRoute(written(one["route"])) === null)
      .map((one) => `The route '${written(one["route"])}' is not a properly formed URL`),
    ...entries
      .filter((one) => ![undefined, null, ...PROTOCOLS].includes(one["protocol"] as string))
      .map(() => "Route protocol must be 'http1', 'http2' or 'tcp'."),
    ...entries.flatMap((one) => optionsTexts(one, hashing)),
  ];
}

function optionsTexts({ route, options }: Settings, hashing: boolean): string[] {
  if (options === undefined || options === null) return [];
  const name = `Route '${written(route)}'`;
  if (!isObject(options)) return [`${name}: options must be an object`];
  const valid = hashing ? ["loadbalancing", "hash_header", "hash_balance"] : ["loadbalancing"];
  const unknown = Object.keys(options).filter((key) => !valid.includes(key));
  const algorithms = ["round-robin", "least-connection", ...(hashing ? ["hash"] : [])];
  const texts = unknown.map(
    (key) => `${name} contains invalid route option '${key}'. Valid keys: '${valid.join(", ")}'`,
  );
  const algorithm = options["loadbalancing"];
  if (algorithm !== undefined && typeof algorithm !== "string") {
    texts.push(`Invalid value for 'loadbalancing' for ${name}; Valid values are: '${algorithms.join(", ")}'`);
  } else if (algorithm !== undefined && !algorithms.includes(algorithm)) {
    texts.push(
      `Cannot use loadbalancing value '${algorithm}' for ${name}; Valid values are: '${algorithms.join(", ")}'`,
    );
  } else if (unknown.length === 0) texts.push(...optionTexts(options, hashing).map((text) => `${name}: ${text}`));
  return texts;
}

/** Null when the manifest says nothing of routes. */
export function manifestRoutes(entry: Settings): ManifestRouteWanted[] | null {
  const { routes } = entry;
  if (!Array.isArray(routes)) return null;
  return (routes as Settings[]).flatMap((one) => {
    const route = parseManifestRoute(written(one["route"]));
    if (route === null) return [];
    const options = isObject(one["options"]) ? (one["options"] as Record<string, string | number | null>) : null;
    return [{ route, protocol: (one["protocol"] ?? null) as ManifestRouteWanted["protocol"], options }];
  });
}
