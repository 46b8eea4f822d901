import type { EgressRule } from "../../protocol/action.ts";
import type { SecurityGroupRule } from "./model.ts";

/** Each rule once; those that log come last, as the first match wins. CC: diego/egress_rules.rb */
export function egressRules(rules: readonly SecurityGroupRule[]): EgressRule[] {
  const distinct = new Map(rules.map((rule) => [JSON.stringify(Object.entries(rule).sort()), rule]));
  const made = [...distinct.values()].map(egressRule);
  return [...made.filter((rule) => !rule.log), ...made.filter((rule) => rule.log)];
}

function egressRule(rule: SecurityGroupRule): EgressRule {
  return {
    protocol: rule.protocol,
    destinations: rule.destination.split(",").map((destination) => destination.trim()),
    ...portsOf(rule),
    ...(rule.protocol === "icmp" || rule.protocol === "icmpv6"
      ? { icmpInfo: { type: rule.type ?? -1, code: rule.code ?? -1 } }
      : {}),
    ...(rule.log === true ? { log: true } : {}),
  };
}

function portsOf(rule: SecurityGroupRule): Pick<EgressRule, "ports" | "portRange"> {
  if ((rule.protocol !== "tcp" && rule.protocol !== "udp") || rule.ports === undefined) return {};
  const [start, end] = rule.ports.split("-");
  if (end !== undefined) return { portRange: { start: Number(start), end: Number(end) } };
  return { ports: rule.ports.split(",").map(Number) };
}
