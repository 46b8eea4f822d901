import type { BindMount, ContainerInfo, ContainerSpec, Layer } from "../../garden/client.ts";
import type { EnvironmentVariable } from "../../protocol/action.ts";
import type { CreatedFacts } from "./container-state.ts";
import type { Container, ContainerLayer, RunInfo } from "./model.ts";

const MB = 1024 * 1024;

/** Property by which a cell knows its own containers. Diego: executor.ContainerOwnerProperty */
export const OWNER_PROPERTY = "executor:owner";

/** What Garden is asked for. Diego: containerstore/storenode.go, createGardenContainer */
export function containerSpec(
  container: Container,
  run: RunInfo,
  extra: {
    readonly ownerName: string;
    readonly maxCpuShares: number;
    readonly bindMounts: readonly BindMount[];
    readonly env: readonly EnvironmentVariable[];
    readonly layers: readonly Layer[];
  },
): ContainerSpec {
  const properties: Record<string, string> = {
    [OWNER_PROPERTY]: extra.ownerName,
    log_config: JSON.stringify(run.logConfig),
  };
  for (const [name, value] of Object.entries(run.networkProperties)) properties[`network.${name}`] = value;
  return {
    handle: container.guid,
    rootfs: run.rootfs,
    environment: [...run.env, ...extra.env],
    properties,
    bindMounts: extra.bindMounts,
    memoryLimitBytes: container.need.memoryMb * MB,
    diskLimitBytes: container.need.diskMb * MB,
    ...(extra.layers.length > 0 ? { layers: extra.layers } : {}),
    cpuShares: Math.max(2, Math.floor((extra.maxCpuShares * Math.max(run.cpuWeight, 1)) / 100)),
    pidsMax: container.need.maxPids,
    netIn: [...new Set(run.ports)].map((containerPort) => ({ containerPort })),
    egressRules: run.egressRules,
    privileged: run.privileged,
  };
}

/** What became of it. */
export function createdFacts(spec: ContainerSpec, info: ContainerInfo, layer: ContainerLayer | null): CreatedFacts {
  const hostPorts = new Map(info.mappedPorts.map(({ containerPort, hostPort }) => [containerPort, hostPort]));
  return {
    externalIp: info.externalIp,
    internalIp: info.containerIp,
    ports: spec.netIn.map(({ containerPort }) => ({ containerPort, hostPort: hostPorts.get(containerPort) ?? 0 })),
    memoryLimitBytes: spec.memoryLimitBytes,
    diskLimitBytes: spec.diskLimitBytes,
    layer,
  };
}
