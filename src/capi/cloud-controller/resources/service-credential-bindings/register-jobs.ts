import type { CcApi } from "../../api/api.ts";
import { bindWork } from "./bind-job.ts";
import type { BindingKind } from "./kind.ts";
import { orphanMitigation } from "./orphans.ts";
import { unbindWork } from "./unbind-job.ts";

const KINDS: readonly BindingKind[] = ["service_bindings", "service_keys", "service_route_bindings"];

/** Registers what is done at brokers for bindings of every kind. */
export function bindingJobs(api: CcApi): void {
  for (const kind of KINDS) {
    api.job(`${kind}.create`, bindWork(api, kind));
    api.job(`${kind}.delete`, unbindWork(api, kind));
  }
  orphanMitigation(api);
}
