/** Headers that mean something to the router. A number instead of a string: comparing costs nothing on the byte path. */
export const Header = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  keepAlive: 5,
  proxyConnection: 6,
  upgrade: 7,
  te: 8,
  expect: 9,
  forwardedFor: 10,
  forwardedProto: 11,
  requestId: 12,
  requestStart: 13,
  applicationId: 14,
  instanceId: 15,
  instanceIndex: 16,
  appInstance: 17,
  processInstance: 18,
  cookie: 19,
  setCookie: 20,
  referer: 21,
  userAgent: 22,
  idempotencyKey: 23,
  proxyAuthorization: 24,
  proxySignature: 25,
} as const;
export type HeaderId = (typeof Header)[keyof typeof Header];

const NAMES: readonly (readonly [name: string, id: HeaderId])[] = [
  ["host", Header.host],
  ["content-length", Header.contentLength],
  ["transfer-encoding", Header.transferEncoding],
  ["connection", Header.connection],
  ["keep-alive", Header.keepAlive],
  ["proxy-connection", Header.proxyConnection],
  ["upgrade", Header.upgrade],
  ["te", Header.te],
  ["expect", Header.expect],
  ["x-forwarded-for", Header.forwardedFor],
  ["x-forwarded-proto", Header.forwardedProto],
  ["x-vcap-request-id", Header.requestId],
  ["x-request-start", Header.requestStart],
  ["x-cf-applicationid", Header.applicationId],
  ["x-cf-instanceid", Header.instanceId],
  ["x-cf-instanceindex", Header.instanceIndex],
  ["x-cf-app-instance", Header.appInstance],
  ["x-cf-process-instance", Header.processInstance],
  ["cookie", Header.cookie],
  ["set-cookie", Header.setCookie],
  ["referer", Header.referer],
  ["user-agent", Header.userAgent],
  ["idempotency-key", Header.idempotencyKey],
  ["x-idempotency-key", Header.idempotencyKey],
  ["proxy-authorization", Header.proxyAuthorization],
  ["x-cf-proxy-signature", Header.proxySignature],
];

/** Candidates by length of the name: at most a handful are compared. */
const BY_LENGTH: (readonly (readonly [name: string, id: HeaderId])[])[] = [];
for (let length = 0; length <= Math.max(...NAMES.map(([name]) => name.length)); length++) {
  BY_LENGTH.push(NAMES.filter(([name]) => name.length === length));
}

/** Which header the name from `start` to `end` is, in any case. */
export function headerId(text: string, start: number, end: number): HeaderId {
  const candidates = BY_LENGTH[end - start];
  if (candidates === undefined) return Header.other;
  for (let at = 0; at < candidates.length; at++) {
    const candidate = candidates[at]!;
    if (equalsIgnoreCase(text, start, candidate[0])) return candidate[1];
  }
  return Header.other;
}

/** @param lower in lower case; its letters, digits and `-` are all unchanged or lowered by setting bit 5. */
function equalsIgnoreCase(text: string, start: number, lower: string): boolean {
  for (let at = 0; at < lower.length; at++) {
    if ((text.charCodeAt(start + at) | 0x20) !== lower.charCodeAt(at)) return false;
  }
  return true;
}
