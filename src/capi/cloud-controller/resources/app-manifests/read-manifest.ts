import { z } from "zod";
import { metadata, validationTexts } from "../../validation.ts";
import { type AppFeature, isAppFeature } from "../app-features/routes.ts";
import { environmentNameTexts, environmentText } from "../apps/environment-variables.ts";
import { type LifecycleChange, lifecycleTexts } from "../apps/lifecycle.ts";
import { SIDECAR_CREATE } from "../sidecars/model.ts";
import { megabytes } from "./byte-size.ts";
import { isObject, type ManifestEntry } from "./manifest-yaml.ts";
import type { AppManifest, ManifestFlags, ManifestService } from "./model.ts";
import { manifestProcess, processTexts, settingsOfProcesses, underscored } from "./process-settings.ts";
import { manifestRoutes, routeTexts } from "./route-settings.ts";
import { written } from "./written-value.ts";

const METADATA = z.object({ metadata: metadata() });

/** The application, or what is wrong with it in CC's words. CC: messages/app_manifest_message.rb */
export function readAppManifest(
  raw: ManifestEntry,
  flags: ManifestFlags,
): { readonly manifest: AppManifest } | { readonly faults: readonly string[] } {
  const entry = underscored(raw);
  const faults = [
    ...nameTexts(entry["name"]),
    ...processTexts(entry),
    ...sidecarTexts(entry),
    ...lifecycleFaults(entry),
    ...metadataTexts(entry),
    ...combinationTexts(entry, flags),
    ...serviceTexts(entry),
    ...envTexts(entry),
    ...buildpackTexts(entry),
    ...routeTexts(entry, flags.hashing),
    ...featureTexts(entry),
  ];
  if (faults.length > 0) return { faults: [...new Set(faults)] };
  return {
    manifest: {
      name: written(entry["name"]),
      lifecycle: lifecycleOf(entry),
      docker: given(entry["docker"]),
      processes: settingsOfProcesses(entry).map(manifestProcess),
      sidecars: sidecarsOf(entry).map((sidecar) => SIDECAR_CREATE.parse(sidecar)),
      features: (entry["features"] ?? {}) as Partial<Record<AppFeature, boolean>>,
      metadata: METADATA.parse({ metadata: entry["metadata"] ?? undefined }).metadata ?? null,
      env: envOf(entry),
      noRoute: entry["no_route"] === true,
      routes: manifestRoutes(entry),
      randomRoute: entry["random_route"] === true,
      defaultRoute: entry["default_route"] === true,
      services: servicesOf(entry),
    },
  };
}

type Entry = Readonly<Record<string, unknown>>;

function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function nameTexts(name: unknown): string[] {
  const blank = !given(name) || written(name).trim() === "";
  return [...(blank ? ["Name must not be empty"] : []), ...(typeof name === "string" ? [] : ["Name must be a string"])];
}

function sidecarsOf(entry: Entry): Entry[] {
  const sidecars = Array.isArray(entry["sidecars"]) ? entry["sidecars"].filter(isObject) : [];
  return sidecars.map(({ name, command, process_types, memory }) => ({
    ...(given(name) ? { name } : {}),
    ...(given(command) ? { command } : {}),
    ...(given(process_types) ? { process_types } : {}),
    ...(given(memory) ? { memory_in_mb: megabytes(memory) ?? memory } : {}),
  }));
}

function sidecarTexts(entry: Entry): string[] {
  if (entry["sidecars"] === undefined) return [];
  if (!Array.isArray(entry["sidecars"])) return ["Sidecars must be an array of sidecar configurations"];
  return sidecarsOf(entry).flatMap((sidecar) => {
    const parsed = SIDECAR_CREATE.safeParse(sidecar, { reportInput: true });
    const texts = parsed.success ? [] : validationTexts(parsed.error);
    const name = sidecar["name"];
    return texts.map((text) => `Sidecar ${name ? `"${written(name)}": ${text}` : text.toLowerCase()}`);
  });
}

/** Null: nothing about the lifecycle was written. CC: app_lifecycle_hash */
function lifecycleOf(entry: Entry): LifecycleChange | null {
  const type = entry["lifecycle"] === "cnb" || entry["lifecycle"] === "buildpack" ? entry["lifecycle"] : undefined;
  if (type === undefined && given(entry["docker"])) return { type: "docker" };
  const change: LifecycleChange = {
    ...(type === undefined ? {} : { type }),
    ...(buildpacksOf(entry) === undefined ? {} : { buildpacks: buildpacksOf(entry)! }),
    ...(given(entry["stack"]) ? { stack: entry["stack"] as string } : {}),
  };
  return Object.keys(change).length === 0 ? null : change;
}

function buildpacksOf(entry: Entry): string[] | undefined {
  if (entry["buildpacks"] !== undefined) return (entry["buildpacks"] ?? []) as string[];
  if (!("buildpack" in entry)) return undefined;
  const { buildpack } = entry;
  return !given(buildpack) || buildpack === "default" || buildpack === "null" ? [] : [buildpack as string];
}

function lifecycleFaults(entry: Entry): string[] {
  const change = lifecycleOf(entry);
  if (change === null || change.type === "docker") return [];
  const { type, ...data } = change;
  const texts = lifecycleTexts({ ...(type === undefined ? {} : { type }), data }).map((text) =>
    text.replace(/^Lifecycle /, ""),
  );
  // What is wrong with the older `buildpack` is told under its own name.
  return texts.filter((text) => !text.startsWith("Buildpacks") || entry["buildpacks"] !== undefined);
}

function buildpackTexts(entry: Entry): string[] {
  const { buildpack } = entry;
  if (!given(buildpack)) return [];
  if (typeof buildpack !== "string") return ["Buildpack must be a string"];
  return buildpack.length >= 1 && buildpack.length <= 4096 ? [] : ["Buildpack must be between 1 and 4096 characters"];
}

function metadataTexts(entry: Entry): string[] {
  const parsed = METADATA.safeParse({ metadata: entry["metadata"] ?? undefined }, { reportInput: true });
  return parsed.success ? [] : validationTexts(parsed.error);
}

function combinationTexts(entry: Entry, flags: ManifestFlags): string[] {
  const buildpack = "buildpack" in entry;
  const buildpacks = "buildpacks" in entry;
  const docker = given(entry["docker"]);
  return [
    ...(buildpack && buildpacks ? ["Buildpack and Buildpacks fields cannot be used together."] : []),
    ...(docker && !flags.docker ? ["Feature Disabled: diego_docker"] : []),
    ...(entry["lifecycle"] === "cnb" && !flags.cnb ? ["Feature Disabled: diego_cnb"] : []),
    ...(docker && (buildpack || buildpacks) ? ["Cannot specify both buildpack(s) and docker keys"] : []),
  ];
}

function serviceTexts(entry: Entry): string[] {
  const { services } = entry;
  if (services === undefined) return [];
  const fine = Array.isArray(services) && services.every((one) => typeof one === "string" || isService(one));
  return fine ? [] : ["Services must be a list of service instances"];
}

function isService(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, parameters, binding_name: bindingName, ...rest } = value;
  return (
    Object.keys(rest).length === 0 &&
    typeof name === "string" &&
    (parameters === undefined || isObject(parameters)) &&
    (bindingName === undefined || typeof bindingName === "string")
  );
}

function servicesOf(entry: Entry): ManifestService[] {
  const services = Array.isArray(entry["services"]) ? entry["services"] : [];
  return services.map((one: unknown) => {
    if (!isObject(one)) return { name: written(one), parameters: {}, bindingName: null };
    return {
      name: written(one["name"]),
      parameters: (one["parameters"] ?? {}) as Record<string, unknown>,
      bindingName: (one["binding_name"] ?? null) as string | null,
    };
  });
}

function envTexts(entry: Entry): string[] {
  const { env } = entry;
  if (env === undefined) return [];
  if (!isObject(env)) return ["Env must be an object of keys and values"];
  return environmentNameTexts(Object.keys(env)).map((text) => `Env ${text}`);
}

function envOf(entry: Entry): Record<string, string | null> {
  const { env } = entry;
  if (!isObject(env)) return {};
  // An empty value stays an empty text: only the environment endpoint takes variables away.
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, given(value) ? environmentText(value) : ""]),
  );
}

function featureTexts(entry: Entry): string[] {
  const { features } = entry;
  if (features === undefined) return [];
  const fine =
    isObject(features) &&
    Object.keys(features).length > 0 &&
    Object.entries(features).every(([name, enabled]) => isAppFeature(name) && typeof enabled === "boolean");
  return fine ? [] : ["Features must be a map of valid feature names to booleans (true = enabled, false = disabled)"];
}
