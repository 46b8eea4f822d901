const GUID = "[\\da-f]{8}-(?:[\\da-f]{4}-){3}[\\da-f]{12}";
const APP_INSTANCE = new RegExp(`^(${GUID}):(\\d+)$`);
const PROCESS_INSTANCE = new RegExp(`^(${GUID})(?::(\\d+))?$`);

/** Which instance a request wants. Gorouter: handlers/lookup.go */
export interface WantedInstance {
  readonly kind: "app" | "process";
  readonly guid: string;
  /** Empty: any instance of the process. */
  readonly index: string;
}

/** Reads `X-CF-App-Instance`, else `X-CF-Process-Instance`. Null: neither is there. */
export function wantedInstance(
  appInstance: string | null,
  processInstance: string | null,
): WantedInstance | "invalid-app" | "invalid-process" | null {
  if (appInstance !== null && appInstance !== "") {
    const parts = APP_INSTANCE.exec(appInstance);
    return parts === null ? "invalid-app" : { kind: "app", guid: parts[1]!, index: parts[2]! };
  }
  if (processInstance !== null && processInstance !== "") {
    const parts = PROCESS_INSTANCE.exec(processInstance);
    return parts === null ? "invalid-process" : { kind: "process", guid: parts[1]!, index: parts[2] ?? "" };
  }
  return null;
}
