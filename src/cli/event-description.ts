/** What the last column tells of an event's data, in this order. cli: actor/v7action/event.go, knownMetadataKeys */
const TOLD = [
  "index",
  "reason",
  "cell_id",
  "instance",
  "exit_description",
  "exit_status",
  "recursive",
  "disk_quota",
  "instances",
  "memory",
  "state",
  "command",
  "environment_json",
] as const;

/**
 * An event's data in one line. A crash may be told in several (what a failing health check has printed); the official command
 * line prints them as they are and loses its table.
 */
export function eventDescription(data: Readonly<Record<string, unknown>>): string {
  const request = data["request"];
  const told = typeof request === "object" && request !== null ? (request as Record<string, unknown>) : data;
  return TOLD.filter((key) => told[key] !== undefined && told[key] !== null)
    .map((key) => `${key}: ${typeof told[key] === "object" ? JSON.stringify(told[key]) : String(told[key])}`)
    .join(", ")
    .replaceAll(/\s*[\r\n]+\s*/g, " ")
    .trimEnd();
}
