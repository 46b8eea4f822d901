import type { InstanceReport } from "../../../cc-bridge/client.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import { FILE_DESCRIPTORS, type Process } from "./model.ts";

/** CC: presenters/helpers/censorship.rb */
export const HIDDEN_IN_LISTS = "[PRIVATE DATA HIDDEN IN LISTS]";

/** @param command what would run, or the text that hides it. CC: presenters/v3/process_presenter.rb */
export function presentProcess(
  process: Process,
  command: string,
  spaceGuid: string,
  metadata: Metadata,
  links: Links,
): object {
  const path = `/v3/processes/${process.guid}`;
  return {
    guid: process.guid,
    created_at: presentTime(process.created_at),
    updated_at: presentTime(process.updated_at),
    version: process.version,
    type: process.type,
    command,
    user: process.user || "vcap",
    instances: process.instances,
    memory_in_mb: process.memory_in_mb,
    disk_in_mb: process.disk_in_mb,
    log_rate_limit_in_bytes_per_second: process.log_rate_limit_in_bytes_per_second,
    health_check: {
      type: process.health_check_type,
      data: {
        timeout: process.health_check_timeout,
        invocation_timeout: process.health_check_invocation_timeout,
        interval: process.health_check_interval,
        ...(process.health_check_type === "http" ? { endpoint: process.health_check_http_endpoint } : {}),
      },
    },
    readiness_health_check: {
      type: process.readiness_health_check_type,
      data: {
        invocation_timeout: process.readiness_health_check_invocation_timeout,
        interval: process.readiness_health_check_interval,
        ...(process.readiness_health_check_type === "http"
          ? { endpoint: process.readiness_health_check_http_endpoint }
          : {}),
      },
    },
    relationships: {
      app: { data: { guid: process.app_guid } },
      revision: process.revision_guid === null ? null : { data: { guid: process.revision_guid } },
    },
    metadata,
    links: {
      self: links.to(path),
      scale: links.to(`${path}/actions/scale`, "POST"),
      app: links.to(`/v3/apps/${process.app_guid}`),
      space: links.to(`/v3/spaces/${spaceGuid}`),
      stats: links.to(`${path}/stats`),
      process_instances: links.to(`${path}/process_instances`),
    },
  };
}

/** CC: presenters/v3/process_stats_presenter.rb */
export function presentStats(type: string, reports: readonly InstanceReport[]): object {
  return { resources: reports.map((report) => presentStatsOf(type, report)) };
}

function presentStatsOf(type: string, { index, state, uptimeSeconds, placed }: InstanceReport): object {
  if (placed === null || state === "DOWN") {
    return {
      type,
      index,
      state,
      routable: placed?.routable ?? null,
      uptime: uptimeSeconds,
      isolation_segment: placed?.isolationSegment ?? null,
      details: placed?.details || null,
    };
  }
  return {
    type,
    index,
    instance_guid: placed.instanceGuid,
    state,
    routable: placed.routable,
    host: placed.host,
    instance_internal_ip: placed.internalIp,
    uptime: uptimeSeconds,
    mem_quota: placed.memoryQuotaBytes,
    disk_quota: placed.diskQuotaBytes,
    log_rate_limit: placed.logRateLimitBytesPerSecond,
    fds_quota: FILE_DESCRIPTORS,
    isolation_segment: placed.isolationSegment,
    details: placed.details || null,
    instance_ports: placed.ports.map((port) => ({
      external: port.external,
      internal: port.internal,
      external_tls_proxy_port: port.externalTlsProxyPort,
      internal_tls_proxy_port: port.internalTlsProxyPort,
    })),
    usage:
      placed.usage === null
        ? {}
        : {
            time: new Date(placed.usage.timeMs).toISOString(),
            cpu: placed.usage.cpu,
            cpu_entitlement: placed.usage.cpuEntitlement,
            mem: placed.usage.memoryBytes,
            disk: placed.usage.diskBytes,
            log_rate: Math.round(placed.usage.logRateBytesPerSecond),
          },
  };
}

/** CC: presenters/v3/process_instances_presenter.rb */
export function presentInstances(reports: readonly InstanceReport[]): object[] {
  return reports.map(({ index, state, uptimeSeconds, placed }) => ({
    index,
    state,
    since: placed === null ? null : uptimeSeconds,
  }));
}
