import { X509Certificate } from "node:crypto";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Gorouter } from "../routing/gorouter/index.ts";
import { LOOPBACK } from "./assembly/assembly.ts";
import type { Site } from "./assembly/site.ts";
import { certificateNames } from "./urls.ts";

/** Certificates last months: a look twice a day is enough. */
const LOOK_MS = 12 * 3_600_000;

export interface CertificateRenewal extends AsyncDisposable {
  /** A new certificate for the router, in force for new connections. Gives its end. */
  renew(): Promise<string>;
}

/** Renews the router's certificate before it ends, as long as the platform runs; a start looks, too. */
export function renewCertificates(
  { ca, config }: Pick<Site, "ca" | "config">,
  deps: { readonly clock: Clock; readonly log: Log; readonly gorouter: Pick<Gorouter, "reloadCertificates"> },
): CertificateRenewal {
  const { clock, log, gorouter } = deps;
  const stop = new AbortController();
  let inForce: string | null = null;
  const use = async (anew: boolean): Promise<string> => {
    const { certPem } = await ca.routerCertificate(certificateNames(config), [LOOPBACK], anew);
    const isOther = inForce !== null && certPem !== inForce;
    inForce = certPem;
    const { validTo } = new X509Certificate(certPem);
    if (anew || isOther) {
      gorouter.reloadCertificates();
      log.info("router certificate renewed", { validTo });
    }
    return validTo;
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await use(false).catch((error: unknown) => log.error("router certificate not renewed", { error }));
      await clock.sleep(LOOK_MS, stop.signal).catch(() => undefined); // aborted: the loop ends
    }
  })();
  return {
    renew: () => use(true),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await looking;
    },
  };
}
