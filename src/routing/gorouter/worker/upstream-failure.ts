import type { EndpointFailure } from "./router-error.ts";

/** What went wrong with an endpoint, and what may be done about it. */
export interface UpstreamFailure {
  readonly kind: "dial" | "tls" | "closed" | "reset" | "invalid" | "timeout";
  readonly answer: EndpointFailure;
  /** As the real router words it. */
  readonly cause: string;
}

/** How the real router words a connection that did not come about. */
export function dialCause(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ECONNREFUSED":
      return "connect: connection refused";
    case "EHOSTUNREACH":
      return "connect: no route to host";
    case "ENETUNREACH":
      return "connect: network is unreachable";
    case "ETIMEDOUT":
      return "i/o timeout";
    case "ENOENT":
      return "connect: no such file or directory";
    case "ENOTFOUND":
      return "no such host";
  }
  return error.code ?? "failed";
}

/** Gorouter: proxy/fails/basic_classifiers.go */
export function tlsFailure(error: NodeJS.ErrnoException): EndpointFailure {
  const code = error.code ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "name";
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA/.test(code)) return "certificate-required";
  if (/CERT|ISSUER|SELF_SIGNED|CHAIN/.test(code) && !code.startsWith("ERR_SSL")) return "untrusted";
  return "tls";
}
