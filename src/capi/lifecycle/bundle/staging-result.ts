import type { LaunchProcess } from "./launch-processes.ts";

/** What is known about one used buildpack. Wire form of buildpackapplifecycle, models.go. */
export interface BuildpackMetadata {
  key: string;
  name: string;
  version?: string;
  config?: { entrypoint_prefix?: string };
  output_metadata?: Record<string, unknown>;
}

/** Fields of a buildpack's `config.yml` laid over its key; anything unfit is left out. */
export function buildpackMetadata(key: string, configYml: unknown): BuildpackMetadata {
  const fields = (typeof configYml === "object" && configYml !== null ? configYml : {}) as Record<string, unknown>;
  const { name, version, config, output_metadata: output } = fields;
  const metadata: BuildpackMetadata = {
    key: typeof fields["key"] === "string" ? fields["key"] : key,
    name: typeof name === "string" ? name : "",
  };
  if (version !== undefined && version !== null && version !== "") metadata.version = String(version);
  if (typeof config === "object" && config !== null) {
    const prefix = (config as Record<string, unknown>)["entrypoint_prefix"];
    metadata.config = typeof prefix === "string" && prefix !== "" ? { entrypoint_prefix: prefix } : {};
  }
  if (typeof output === "object" && output !== null && Object.keys(output).length > 0) {
    metadata.output_metadata = output as Record<string, unknown>;
  }
  return metadata;
}

/** result.json, which the Cloud Controller stores with the droplet. `processes` null: staging failed before them. */
export function stagingResult(
  processes: readonly LaunchProcess[] | null,
  buildpacks: readonly BuildpackMetadata[],
): string {
  const last = buildpacks.at(-1);
  const own = processes?.filter((process) => process.sidecarFor.length === 0) ?? [];
  const sidecars = processes?.filter((process) => process.sidecarFor.length > 0) ?? [];
  return `${JSON.stringify({
    lifecycle_metadata: {
      ...(last !== undefined && last.key !== "" ? { buildpack_key: last.key } : {}),
      detected_buildpack: last?.name ?? "",
      buildpacks,
    },
    process_types: processes === null ? null : processTypes(processes),
    ...(own.length > 0 ? { processes: own.map(({ type, command }) => ({ type, command })) } : {}),
    ...(sidecars.length > 0
      ? {
          sidecars: sidecars.map(({ type, command, sidecarFor, memoryMb }) => ({
            name: type,
            process_types: sidecarFor,
            command,
            ...(memoryMb > 0 ? { memory: memoryMb } : {}),
          })),
        }
      : {}),
    execution_metadata: "",
    lifecycle_type: "buildpack",
  })}\n`;
}

/** Commands by type, types in order. */
export function processTypes(processes: readonly LaunchProcess[]): Record<string, string> {
  const own = processes.filter((process) => process.sidecarFor.length === 0);
  const types = own.map(({ type, command }): [string, string] => [type, command]);
  return Object.fromEntries(types.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** staging_info.yml at the droplet's root: JSON, which is YAML too. The launcher falls back to its command. */
export function stagingInfo(processes: readonly LaunchProcess[], buildpacks: readonly BuildpackMetadata[]): string {
  const last = buildpacks.at(-1);
  return `${JSON.stringify({
    detected_buildpack: last?.name ?? "",
    start_command: processTypes(processes)["web"] ?? "",
    ...(last?.config === undefined ? {} : { config: last.config }),
  })}\n`;
}
