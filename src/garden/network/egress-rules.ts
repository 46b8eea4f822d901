import { isIPv4 } from "node:net";
import type { EgressRule } from "../../protocol/action.ts";
import { GardenError } from "../errors.ts";

/**
 * The nft rules of one container's chain: each egress rule that lets traffic out becomes one `accept`; what no rule
 * lets out falls through to the caller's `reject`. IPv4 only, as the containers' network is. Throws kind `invalid` for
 * what is not an address, a port or a protocol; nothing of a rule's text reaches nft unchecked.
 */
export function egressRules(rules: readonly EgressRule[]): string[] {
  const lines: string[] = [];
  for (const rule of rules) {
    const destinations = rule.destinations.flatMap((text) => destinationOf(text));
    // A rule whose destinations are all IPv6 lets nothing out here; without destinations it means every address.
    if (destinations.length === 0 && rule.destinations.length > 0) continue;
    const to =
      destinations.length === 0 || destinations.includes("0.0.0.0/0") ? "" : `ip daddr { ${destinations.join(", ")} } `;
    const log = rule.log ? `log prefix "ingot-egress: " ` : "";
    switch (rule.protocol) {
      case "all":
        lines.push(`${to}${log}accept`);
        break;
      case "tcp":
      case "udp": {
        const ports = portsOf(rule);
        const match =
          ports === null ? `meta l4proto ${rule.protocol} ` : `${rule.protocol} dport { ${ports.join(", ")} } `;
        // TCP is logged once a connection, as Garden does: established packets never come here.
        lines.push(`${to}${match}${log}accept`);
        break;
      }
      case "icmp":
        lines.push(`${to}meta l4proto icmp ${icmpOf(rule)}${log}accept`);
        break;
      case "icmpv6":
        break;
      default:
        throw new GardenError("invalid", `unknown protocol ${String(rule.protocol satisfies never)}`);
    }
  }
  return lines;
}

function portsOf(rule: EgressRule): string[] | null {
  const ports = (rule.ports ?? []).map((port) => String(checkedPort(port)));
  if (rule.portRange !== undefined) {
    const { start, end } = rule.portRange;
    if (checkedPort(start) > checkedPort(end)) throw new GardenError("invalid", `port range ${start}-${end}`);
    ports.push(start === end ? String(start) : `${start}-${end}`);
  }
  return ports.length === 0 ? null : [...new Set(ports)];
}

/** -1 means any. Diego: bbs/models/security_group.go */
function icmpOf(rule: EgressRule): string {
  const info = rule.icmpInfo;
  if (info === undefined || info.type === -1) return "";
  const inByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
  if (!inByte(info.type) || (info.code !== -1 && !inByte(info.code))) {
    throw new GardenError("invalid", `icmp type ${info.type} code ${info.code}`);
  }
  return info.code === -1 ? `icmp type ${info.type} ` : `icmp type ${info.type} icmp code ${info.code} `;
}

/** An address, a CIDR block or a range, several of them with commas between; empty for IPv6. */
function destinationOf(text: string): string[] {
  return text.split(",").flatMap((part) => {
    const destination = part.trim();
    if (destination.includes(":")) return [];
    const cidr = /^([\d.]+)\/(\d{1,2})$/.exec(destination);
    if (cidr !== null) {
      const [, address, bits] = cidr;
      if (!isIPv4(address!) || Number(bits) > 32) throw new GardenError("invalid", `destination ${destination}`);
      return [Number(bits) === 0 ? "0.0.0.0/0" : destination];
    }
    const range = /^([\d.]+)-([\d.]+)$/.exec(destination);
    if (range !== null) {
      const [, first, last] = range;
      if (!isIPv4(first!) || !isIPv4(last!) || numberOf(first!) > numberOf(last!)) {
        throw new GardenError("invalid", `destination ${destination}`);
      }
      if (first === "0.0.0.0" && last === "255.255.255.255") return ["0.0.0.0/0"];
      return [first === last ? first! : `${first}-${last}`];
    }
    if (!isIPv4(destination)) throw new GardenError("invalid", `destination ${destination}`);
    return [destination];
  });
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function checkedPort(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new GardenError("invalid", `port ${port}`);
  return port;
}
