/** A.B.C.D as a number, or null. Octets have no leading zeros: some readers would take them for octal. */
export function parseIpv4(text: string): number | null {
  const octets = text.split(".");
  if (octets.length !== 4) return null;
  let address = 0;
  for (const octet of octets) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet)) return null;
    const value = Number(octet);
    if (value > 255) return null;
    address = address * 256 + value;
  }
  return address;
}

/** Whether it is an address, or an address with a prefix length. */
export function isIpv4OrCidr(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  if (rest.length > 0 || parseIpv4(address) === null) return false;
  return prefix === undefined || (/^\d{1,2}$/.test(prefix) && Number(prefix) <= 32);
}

/** `010.0.0.1` */
export function hasLeadingZeros(text: string): boolean {
  return (
    text.includes(".") &&
    text
      .split("/")[0]!
      .split(".")
      .some((octet) => /^0\d/.test(octet))
  );
}
