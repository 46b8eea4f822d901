import { BlockList, isIP } from "node:net";

const REFUSED = new BlockList();
/** Where clouds keep the secrets of their machines, and what is next to it. RFC 3927, RFC 4291 */
REFUSED.addSubnet("169.254.0.0", 16, "ipv4");
REFUSED.addSubnet("fe80::", 10, "ipv6");
REFUSED.addAddress("fd00:ec2::254", "ipv6");
REFUSED.addAddress("100.100.100.200", "ipv4");
/** No single machine: "this network", multicast, broadcast. RFC 1122, RFC 5771 */
REFUSED.addSubnet("0.0.0.0", 8, "ipv4");
REFUSED.addSubnet("224.0.0.0", 3, "ipv4");
REFUSED.addAddress("::", "ipv6");
REFUSED.addSubnet("ff00::", 8, "ipv6");

/** Whether an IP address is none where a broker may be, whatever name led there. Loopback and private networks are: brokers live there. */
export function isRefusedAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && REFUSED.check(address, version === 4 ? "ipv4" : "ipv6");
}
