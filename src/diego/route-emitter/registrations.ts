import type { ActualLrp, DesiredLrp, MetricTags } from "../../protocol/lrp.ts";
import type { CfRoutes, RouteMessage } from "../../protocol/route-message.ts";

const CF_ROUTER = "cf-router";
const INTERNAL_ROUTER = "internal-router";

/** One endpoint under one name (internal routes: under its two names). */
export interface Registration {
  readonly kind: "http" | "internal";
  readonly processGuid: string;
  /** What the router tells endpoints apart by: same key, same endpoint. */
  readonly key: string;
  readonly message: RouteMessage;
  /** When the instance began to run. */
  readonly sinceNs: bigint;
}

/** The facts of a desired LRP that routes depend on. */
export type RoutedLrp = Pick<
  DesiredLrp,
  "processGuid" | "domain" | "instances" | "routes" | "logGuid" | "metricTags" | "modificationTag"
>;

/**
 * Every registration of one process: its routes × its instances that run and are ready. Instances beyond the desired
 * number are left out at once; suspect and evacuating ones stay in. Diego: route-emitter/routingtable
 */
export function registrationsOf(
  desired: RoutedLrp,
  actuals: Iterable<ActualLrp>,
  registersDirectInstanceRoutes: boolean,
): Map<string, Registration> {
  const registrations = new Map<string, Registration>();
  const routes = cfRoutesOf(desired.routes);
  const internalNames = internalNamesOf(desired.routes);
  if (routes.length === 0 && internalNames.length === 0) return registrations;
  for (const actual of actuals) {
    if (!isRoutable(actual) || actual.key.index >= desired.instances) continue;
    for (const registration of httpRegistrations(desired, routes, actual, registersDirectInstanceRoutes)) {
      registrations.set(registration.key, registration);
    }
    for (const hostname of internalNames) {
      const registration = internalRegistration(desired, hostname, actual);
      registrations.set(registration.key, registration);
    }
  }
  return registrations;
}

/** Runs, is ready, and says where. */
export function isRoutable(actual: ActualLrp): boolean {
  return actual.state === "RUNNING" && actual.routable && actual.netInfo !== null && actual.instanceKey !== null;
}

/** Diego: route-emitter/routingtable/registry_message.go */
function httpRegistrations(
  desired: RoutedLrp,
  routes: CfRoutes,
  actual: ActualLrp,
  registersDirectInstanceRoutes: boolean,
): Registration[] {
  const { key, netInfo, instanceKey } = actual;
  const { instanceGuid } = instanceKey!;
  const { preferredAddress, instanceAddress, address } = netInfo!;
  const isDirect = preferredAddress === "INSTANCE" || (preferredAddress === "UNKNOWN" && registersDirectInstanceRoutes);
  const tags = { ...tagsOf(desired.metricTags, key.index, instanceGuid), component: "route-emitter" };
  const registrations: Registration[] = [];
  for (const route of routes) {
    const port = netInfo!.ports.find(({ containerPort }) => containerPort === route.port);
    if (port === undefined) continue;
    const tlsPort = isDirect ? port.containerTlsProxyPort : port.hostTlsProxyPort;
    const endpoint = {
      host: isDirect ? instanceAddress : address,
      port: isDirect ? port.containerPort : port.hostPort,
      ...(tlsPort ? { tls_port: tlsPort } : {}),
    };
    for (const hostname of route.hostnames) {
      const message: RouteMessage = {
        ...endpoint,
        uris: [hostname],
        ...(route.protocol ? { protocol: route.protocol } : {}),
        app: desired.logGuid,
        ...(route.route_service_url ? { route_service_url: route.route_service_url } : {}),
        private_instance_id: instanceGuid,
        private_instance_index: String(key.index),
        server_cert_domain_san: instanceGuid,
        ...(route.isolation_segment ? { isolation_segment: route.isolation_segment } : {}),
        tags,
        ...(actual.availabilityZone ? { availability_zone: actual.availabilityZone } : {}),
        ...(route.options ? { options: route.options } : {}),
      };
      registrations.push({
        kind: "http",
        processGuid: desired.processGuid,
        key: `http ${hostname} ${endpoint.host}:${endpoint.port} ${instanceGuid} ${route.protocol ?? ""} ${route.isolation_segment ?? ""}`,
        message,
        sinceNs: actual.sinceNs,
      });
    }
  }
  return registrations;
}

/** For the service discovery: the name, and the name of this one instance. */
function internalRegistration(desired: RoutedLrp, hostname: string, actual: ActualLrp): Registration {
  const index = String(actual.key.index);
  const host = actual.netInfo!.instanceAddress;
  return {
    kind: "internal",
    processGuid: desired.processGuid,
    key: `internal ${hostname} ${host} ${index}`,
    message: {
      host,
      port: 0,
      uris: [hostname, `${index}.${hostname}`],
      app: desired.logGuid,
      private_instance_index: index,
      tags: { component: "route-emitter" },
      ...(actual.availabilityZone ? { availability_zone: actual.availabilityZone } : {}),
    },
    sinceNs: actual.sinceNs,
  };
}

function tagsOf(tags: MetricTags, index: number, instanceGuid: string): Record<string, string> {
  const converted: Record<string, string> = {};
  for (const [name, tag] of Object.entries(tags)) {
    if (tag.kind === "static") converted[name] = tag.value;
    else converted[name] = tag.value === "INDEX" ? String(index) : instanceGuid;
  }
  return converted;
}

/** A malformed value routes nothing. Diego: routing-info/cfroutes */
function cfRoutesOf(routes: Readonly<Record<string, unknown>>): CfRoutes {
  const value = routes[CF_ROUTER];
  if (!Array.isArray(value)) return [];
  return (value as CfRoutes).filter((route) => Array.isArray(route?.hostnames) && typeof route.port === "number");
}

/** Diego: routing-info/internalroutes */
function internalNamesOf(routes: Readonly<Record<string, unknown>>): string[] {
  const value = routes[INTERNAL_ROUTER];
  if (!Array.isArray(value)) return [];
  return (value as readonly { readonly hostname?: unknown }[]).flatMap((route) =>
    typeof route?.hostname === "string" && route.hostname !== "" ? [route.hostname] : [],
  );
}
