import type { EnvironmentVariable } from "../../protocol/action.ts";
import type { PortMapping } from "../../protocol/lrp.ts";

export interface InstanceAddresses {
  readonly externalIp: string;
  readonly internalIp: string;
  readonly ports: readonly PortMapping[];
}

/** The variables that tell a process where it can be reached. Diego: executor/depot/steps/run_step.go */
export function instanceEnvironment(at: InstanceAddresses): EnvironmentVariable[] {
  const variables = [
    { name: "CF_INSTANCE_IP", value: at.externalIp },
    { name: "CF_INSTANCE_INTERNAL_IP", value: at.internalIp },
  ];
  const [first] = at.ports;
  if (first === undefined) {
    variables.push({ name: "CF_INSTANCE_PORT", value: "" }, { name: "CF_INSTANCE_ADDR", value: "" });
  } else if (first.hostPort > 0) {
    variables.push(
      { name: "CF_INSTANCE_PORT", value: String(first.hostPort) },
      { name: "CF_INSTANCE_ADDR", value: `${at.externalIp}:${first.hostPort}` },
    );
  }
  const mappings = at.ports.map((port) => ({
    ...(port.hostPort > 0 ? { external: port.hostPort } : {}),
    internal: port.containerPort,
    ...(port.hostTlsProxyPort ? { external_tls_proxy: port.hostTlsProxyPort } : {}),
    ...(port.containerTlsProxyPort ? { internal_tls_proxy: port.containerTlsProxyPort } : {}),
  }));
  variables.push({ name: "CF_INSTANCE_PORTS", value: JSON.stringify(mappings) });
  return variables;
}
