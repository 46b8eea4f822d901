import { hasLeadingZeros, isIpv4OrCidr, parseIpv4 } from "./ip-address.ts";

const KEYS = ["code", "description", "destination", "log", "ports", "protocol", "type"];
const PORT_MAX = 65_535;
/** Lists are allowed, as cf-deployment has it (`enable_comma_delimited_destinations`). */
const DESTINATIONS_MAX = 6_000;
const DESTINATION = "destination must contain valid CIDR(s), IP address(es), or IP address range(s)";
const NO_DESTINATION =
  "nil destination; destination must be a comma-delimited list of valid CIDRs, IP addresses, or IP address ranges";

/** What is wrong with the rules of a security group, each text with its rule. CC: messages/validators/security_group_rule_validator.rb */
export function ruleTexts(rules: unknown): string[] {
  if (!Array.isArray(rules)) return ["Rules must be an array"];
  return rules.flatMap((rule: unknown, index) => oneRuleTexts(rule).map((text) => `Rules[${index}]: ${text}`));
}

type Rule = Readonly<Record<string, unknown>>;

function oneRuleTexts(rule: unknown): string[] {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return ["must be an object"];
  const fields = rule as Rule;
  const unknown = Object.keys(fields).filter((key) => !KEYS.includes(key));
  const { protocol, description, log } = fields;
  return [
    ...(unknown.length > 0 ? [`unknown field(s): [${unknown.map((key) => `"${key}"`).join(", ")}]`] : []),
    ...(typeof protocol === "string" && ["tcp", "udp", "icmp", "icmpv6", "all"].includes(protocol)
      ? []
      : ["protocol must be 'tcp', 'udp', 'icmp', 'icmpv6' or 'all'"]),
    ...destinationTexts(fields["destination"]),
    ...(description !== undefined && description !== null && typeof description !== "string"
      ? ["description must be a string"]
      : []),
    ...(log !== undefined && log !== null && typeof log !== "boolean" ? ["log must be a boolean"] : []),
    ...protocolTexts(fields),
  ];
}

function destinationTexts(destinations: unknown): string[] {
  if (destinations === undefined || destinations === null) return [NO_DESTINATION];
  if (typeof destinations !== "string") return ["destination must be a string"];
  if (/\s/.test(destinations)) return ["destination must not contain whitespace"];
  const list = destinations.split(",");
  return list.length > DESTINATIONS_MAX
    ? [`maximum destinations per rule exceeded - must be under ${DESTINATIONS_MAX}`]
    : list.flatMap(oneDestinationTexts);
}

function oneDestinationTexts(destination: string): string[] {
  if (destination === "") return ["empty destination specified in comma-delimited list", DESTINATION];
  const ends = destination.split("-");
  if (ends.some(hasLeadingZeros)) return ["destination octets cannot contain leading zeros"];
  if (ends.length === 1) return isIpv4OrCidr(destination) ? [] : [DESTINATION];
  if (ends.length > 2) return [DESTINATION];
  const [from, to] = ends.map(parseIpv4);
  if (from === null || from === undefined || to === null || to === undefined) {
    return ["destination IP address range is invalid"];
  }
  return from <= to
    ? []
    : ["beginning of IP address range is numerically greater than the end of its range (range endpoints are inverted)"];
}

function protocolTexts({ protocol, ports, code, type }: Rule): string[] {
  switch (protocol) {
    case "tcp":
    case "udp":
      return [
        ...(ports ? [] : ["ports are required for protocols of type TCP and UDP"]),
        ...(arePorts(ports)
          ? []
          : [
              "ports must be a valid single port, comma separated list of ports, or range or ports, formatted as a string",
            ]),
      ];
    case "icmpv6":
      return ["icmpv6 cannot be used if enable_ipv6 is false", ...icmpTexts("code", code), ...icmpTexts("type", type)];
    case "icmp":
      return [...icmpTexts("code", code), ...icmpTexts("type", type)];
    case "all":
      return ports ? ["ports are not allowed for protocols of type all"] : [];
    default:
      return [];
  }
}

function icmpTexts(field: "code" | "type", value: unknown): string[] {
  const fits = Number.isInteger(value) && (value as number) >= -1 && (value as number) <= 255;
  return [
    ...(value === undefined || value === null ? [`${field} is required for protocols of type ICMP`] : []),
    ...(fits ? [] : [`${field} must be an integer between -1 and 255 (inclusive)`]),
  ];
}

/** `80`, `80,443` or `8000-9000`. CC: lib/cloud_controller/transport_rule_validator.rb */
function arePorts(ports: unknown): boolean {
  if (typeof ports !== "string") return false;
  const isPort = (text: string): boolean => /^\s*\d+\s*$/.test(text) && Number(text) >= 1 && Number(text) <= PORT_MAX;
  const range = ports.split("-");
  if (range.length === 2) return range.every(isPort) && Number(range[0]) < Number(range[1]);
  return range.length === 1 && ports.split(",").every(isPort);
}
