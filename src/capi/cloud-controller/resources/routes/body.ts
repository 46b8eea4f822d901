import { z } from "zod";
import {
  check,
  full,
  humanize,
  metadata,
  numberOf,
  own,
  parseBody,
  relationships,
  toOneRequired,
} from "../../validation.ts";

const HOST_MAX = 63;
const PATH_MAX = 128;
const PORT_MAX = 65_535;
const OPTIONS_BYTES_MAX = 1024;

/** What is wrong with a host. CC: messages/route_create_message.rb */
export function hostTexts(host: unknown): string[] {
  if (host === undefined || host === null) return [];
  if (typeof host !== "string") return ["must be a string"];
  return [
    ...(host.length > HOST_MAX ? [`is too long (maximum is ${HOST_MAX} characters)`] : []),
    ...(/^([\w-]+|\*)?$/.test(host) ? [] : ['must be either "*" or contain only alphanumeric characters, "_", or "-"']),
  ];
}

/** What is wrong with a path. */
export function pathTexts(path: unknown): string[] {
  if (path === undefined || path === null) return [];
  if (typeof path !== "string") return ["must be a string"];
  return [
    ...(path.length > PATH_MAX ? [`is too long (maximum is ${PATH_MAX} characters)`] : []),
    ...(path === "" || path.startsWith("/") ? [] : ["must begin with /"]),
    ...(path.includes("?") ? ["cannot contain ?"] : []),
    ...(path === "/" ? ["cannot be exactly /"] : []),
  ];
}

function portTexts(given: unknown): string[] {
  const port = numberOf(given);
  if (port === undefined || port === null) return [];
  if (typeof port !== "number") return ["is not a number"];
  if (!Number.isInteger(port)) return ["must be an integer"];
  if (port < 0) return ["must be greater than or equal to 0"];
  return port > PORT_MAX ? [`must be less than or equal to ${PORT_MAX}`] : [];
}

/** Of `PATCH` and of creation; null takes an option away. */
export interface RouteOptions {
  readonly loadbalancing?: string | null;
  readonly hash_header?: string | null;
  readonly hash_balance?: string | number | null;
}

/** What is wrong with route options. `hashing`: feature flag hash_based_routing. CC: messages/route_options_message.rb */
export function optionTexts(options: unknown, hashing: boolean): string[] {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return ["'options' is not a valid object"];
  }
  const bytes = Buffer.byteLength(JSON.stringify(options));
  const bag = options as Readonly<Record<string, unknown>>;
  const known = hashing ? ["loadbalancing", "hash_header", "hash_balance"] : ["loadbalancing"];
  const unknown = Object.keys(bag).filter(
    (key) => !known.includes(key) && !(["hash_header", "hash_balance"].includes(key) && !bag[key]),
  );
  const algorithms = hashing ? ["round-robin", "least-connection", "hash"] : ["round-robin", "least-connection"];
  const algorithm = bag["loadbalancing"];
  return [
    ...(bytes > OPTIONS_BYTES_MAX
      ? [`must be smaller than ${OPTIONS_BYTES_MAX} bytes (actual size is ${bytes} bytes)`]
      : []),
    ...(unknown.length > 0 ? [`Unknown field(s): '${unknown.join("', '")}'`] : []),
    ...(algorithm && !algorithms.includes(algorithm as string)
      ? [`Loadbalancing must be one of '${algorithms.join(", ")}' if present`]
      : []),
    ...(hashing ? hashTexts(bag) : []),
  ];
}

function hashTexts({
  loadbalancing,
  hash_header: header,
  hash_balance: balance,
}: Readonly<Record<string, unknown>>): string[] {
  const other = Boolean(loadbalancing) && loadbalancing !== "hash";
  const number = Number(balance);
  return [
    ...(header && String(header).length > 128 ? ["Hash header must be at most 128 characters"] : []),
    ...(balance ? balanceTexts(String(balance), number) : []),
    ...(other && header ? ["Hash header can only be set when loadbalancing is hash"] : []),
    ...(other && balance ? ["Hash balance can only be set when loadbalancing is hash"] : []),
  ];
}

function balanceTexts(text: string, number: number): string[] {
  if (text.length > 16) return ["Hash balance must be at most 16 characters"];
  if (Number.isNaN(number)) return ["Hash balance must be a numeric value"];
  return number === 0 || (number >= 1.1 && number <= 10)
    ? []
    : ["Hash balance must be either 0 or between 1.1 and 10.0"];
}

function options(hashing: boolean) {
  return z
    .unknown()
    .superRefine(
      check<unknown>((value) => (value === undefined ? [] : optionTexts(value, hashing).map((text) => own(text)))),
    )
    .transform((value) => value as RouteOptions | undefined)
    .optional();
}

function lenient<T>(texts: (value: unknown) => string[]) {
  return z
    .unknown()
    .superRefine(check<unknown>(texts))
    .transform((value) => (value ?? undefined) as T | undefined)
    .optional();
}

/** The body of `POST /v3/routes`. Throws UnprocessableEntity. */
export function parseRouteCreate(body: unknown, hashing: boolean) {
  return parseBody(
    z.strictObject({
      host: lenient<string>(hostTexts),
      path: lenient<string>(pathTexts),
      port: lenient<number | string>(portTexts).transform((port) => numberOf(port) as number | undefined),
      relationships: relationships({ space: toOneRequired("space"), domain: toOneRequired("domain") }),
      options: options(hashing),
      metadata: metadata(),
    }),
    body,
  );
}

export function parseRouteUpdate(body: unknown, hashing: boolean) {
  return parseBody(z.strictObject({ options: options(hashing), metadata: metadata() }), body);
}

export interface DestinationWanted {
  readonly appGuid: string;
  readonly processType: string;
  readonly port: number | null;
  readonly weight: number | null;
  readonly protocol: "http1" | "http2" | "tcp" | null;
}

/** The body `{ destinations: […] }`. `replace`: none is fine, and weights may be used. CC: messages/route_update_destinations_message.rb */
export function parseDestinations(body: unknown, replace: boolean): DestinationWanted[] {
  const schema = z
    .strictObject({ destinations: z.unknown().optional() })
    .superRefine(check(({ destinations }) => destinationTexts(destinations, replace).map((text) => full(text))));
  const { destinations } = parseBody(schema, body);
  return (destinations as Destination[]).map((destination) => ({
    appGuid: destination.app.guid,
    processType: destination.app.process?.type ?? "web",
    port: destination.port ?? null,
    weight: destination.weight ?? null,
    protocol: destination.protocol ?? null,
  }));
}

interface Destination {
  readonly app: { readonly guid: string; readonly process?: { readonly type: string } };
  readonly port?: number | null;
  readonly weight?: number | null;
  readonly protocol?: "http1" | "http2" | "tcp" | null;
}

const DESTINATIONS_MAX = 100;
const PORTS_MAX = 10;

function destinationTexts(destinations: unknown, replace: boolean): string[] {
  const min = replace ? 0 : 1;
  if (!Array.isArray(destinations) || destinations.length < min || destinations.length > DESTINATIONS_MAX) {
    return [`Destinations must be an array containing between ${min} and ${DESTINATIONS_MAX} destination objects.`];
  }
  const texts = destinations.flatMap((destination: unknown, index) =>
    oneDestinationTexts(destination, replace).map((text) => `Destinations[${index}]: ${text}`),
  );
  const perApp = new Map<string, number>();
  for (const destination of destinations as { app?: unknown }[]) {
    const key = JSON.stringify(destination?.app ?? null);
    perApp.set(key, (perApp.get(key) ?? 0) + 1);
  }
  if ([...perApp.values()].some((ports) => ports > PORTS_MAX)) {
    texts.push(`${humanize("process")} must have at most ${PORTS_MAX} exposed ports.`);
  }
  return texts.length > 0 ? texts : weightTexts(destinations as Destination[]);
}

function oneDestinationTexts(destination: unknown, replace: boolean): string[] {
  if (typeof destination !== "object" || destination === null || Array.isArray(destination))
    return ["must be an object."];
  const bag = destination as Readonly<Record<string, unknown>>;
  if (!("app" in bag)) return ['must have an "app".'];
  if (Object.keys(bag).some((key) => !["app", "weight", "port", "protocol"].includes(key))) {
    return ['must have only "app" and optionally "weight", "port" or "protocol".'];
  }
  const { weight, port, protocol } = bag;
  const inRange = (value: unknown, min: number, max: number): boolean =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  const texts = appTexts(bag["app"]);
  if (weight !== undefined && weight !== null) {
    if (!replace) texts.push("weighted destinations can only be used when replacing all destinations.");
    else if (!inRange(weight, 1, 100)) texts.push("weight must be a positive integer between 1 and 100.");
  }
  if (port !== undefined && port !== null && !inRange(port, 1024, PORT_MAX)) {
    texts.push("port must be a positive integer between 1024 and 65535 inclusive.");
  }
  if (protocol !== undefined && protocol !== null && !["http1", "http2", "tcp"].includes(protocol as string)) {
    texts.push("protocol must be 'http1', 'http2' or 'tcp'.");
  }
  return texts;
}

function appTexts(app: unknown): string[] {
  const { guid, process } = (typeof app === "object" && app !== null ? app : {}) as {
    guid?: unknown;
    process?: unknown;
  };
  if (typeof guid !== "string" || guid.length < 1 || guid.length >= 200) {
    return ['app must have the structure {"guid": "app_guid"}'];
  }
  if (process === undefined || process === null) return [];
  const type = (process as { type?: unknown }).type;
  const fits = typeof type === "string" && type !== "" && Object.keys(process).join() === "type";
  return fits ? [] : ['process must have the structure {"type": "process_type"}'];
}

function weightTexts(destinations: readonly Destination[]): string[] {
  const weights = destinations.map(({ weight }) => weight ?? null);
  if (weights.every((weight) => weight === null)) return [];
  if (weights.some((weight) => weight === null)) {
    return ["Destinations cannot contain both weighted and unweighted destinations."];
  }
  const sum = weights.reduce<number>((total, weight) => total + (weight ?? 0), 0);
  return sum === 100 ? [] : ["Destinations must have weights that sum to 100."];
}
