import type { CcApi } from "../../api/api.ts";
import type { AppPlace } from "./place.ts";

/** A line of source type API in the app's log. CC: lib/app_log_emitter.rb, repositories/*_event_repository.rb */
export function logToApp(api: CcApi, place: AppPlace, line: string, type: "OUT" | "ERR" = "OUT"): void {
  api.deps.agent.emit({
    kind: "log",
    timestampNs: api.deps.clock.nowNs(),
    sourceId: place.app.guid,
    instanceId: "0",
    type,
    payload: Buffer.from(line),
    tags: {
      source_type: "API",
      app_id: place.app.guid,
      app_name: place.app.name,
      space_id: place.space.guid,
      space_name: place.space.name,
      organization_id: place.organization.guid,
      organization_name: place.organization.name,
      instance_id: "0",
    },
  });
}

/** A request as it stands in a log line: Ruby's way of showing a hash is what people know. */
export function shownRequest(request: object): string {
  return JSON.stringify(request).replaceAll(/"((?:[^"\\]|\\.)*)":/g, '"$1"=>');
}
