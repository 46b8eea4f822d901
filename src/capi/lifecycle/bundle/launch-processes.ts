/** A way to start a part of the app, named by a buildpack's launch.yml or release, or by the Procfile. */
export interface LaunchProcess {
  readonly type: string;
  readonly command: string;
  /** Process types beside which it runs; empty for a process of its own. */
  readonly sidecarFor: readonly string[];
  /** MB; 0: none. */
  readonly memoryMb: number;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

/** Later ones replace earlier ones of the same type, in place. */
export function mergeProcesses(earlier: readonly LaunchProcess[], later: readonly LaunchProcess[]): LaunchProcess[] {
  const merged = [...earlier];
  for (const process of later) {
    const at = earlier.findIndex((other) => other.type === process.type);
    if (at === -1) merged.push(process);
    else merged[at] = process;
  }
  return merged;
}

/** `launch.yml` of a dependency folder, already parsed. */
export function processesOfLaunchYml(document: unknown): LaunchProcess[] {
  const { processes } = fieldsOf(document);
  if (processes === undefined || processes === null) return [];
  if (!Array.isArray(processes)) throw new Error("launch.yml: processes is not a list");
  return processes.map((item) => {
    const fields = fieldsOf(item);
    const { sidecar_for: sidecarFor } = fieldsOf(fieldsOf(fields["platforms"])["cloudfoundry"]);
    const memory = fieldsOf(fields["limits"])["memory"];
    return {
      type: textOf(fields["type"]),
      command: textOf(fields["command"]),
      sidecarFor: Array.isArray(sidecarFor) ? sidecarFor.map(textOf) : [],
      memoryMb: typeof memory === "number" && Number.isInteger(memory) ? memory : 0,
    };
  });
}

/** A mapping from type to command: a Procfile, or `default_process_types` of a release. Throws on anything else. */
export function processesOfMapping(document: unknown): LaunchProcess[] {
  if (document === null || document === undefined) return [];
  if (typeof document !== "object" || Array.isArray(document)) throw new Error("not a mapping");
  return Object.entries(document).map(([type, command]) => {
    if (typeof command === "object" && command !== null) throw new Error(`the command of ${type} is not a text`);
    return { type, command: textOf(command), sidecarFor: [], memoryMb: 0 };
  });
}
