import { CcError, unprocessable } from "../../errors.ts";

/** A file that the platform has already. */
export interface MatchedResource {
  readonly path: string;
  readonly sha1: string;
  /** Permission bits. */
  readonly mode: number;
}

const DEFAULT_MODE = 0o744;

/**
 * The `resources` field of an upload: CC's v3 shape (`{ checksum: { value }, size_in_bytes, path, mode }`) and the older one (`{ sha1, fn,
 * mode }`). Throws UnprocessableEntity, AppBitsUploadInvalid, AppResourcesFilePathInvalid, AppResourcesFileModeInvalid. CC:
 * blobstore/fingerprints_collection.rb, v2_v3_resource_translator.rb
 */
export function parseMatchedResources(text: string): MatchedResource[] {
  if (text.trim() === "") return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new CcError("UnprocessableEntity", ["Resources must be valid JSON."], { cause: error });
  }
  if (parsed === null) return [];
  if (!Array.isArray(parsed)) throw unprocessable("Resources must be valid JSON.");
  return parsed.map(matchedResource);
}

function matchedResource(value: unknown): MatchedResource {
  if (typeof value !== "object" || value === null) throw new CcError("AppBitsUploadInvalid", ["invalid :resources"]);
  const entry = value as Record<string, unknown>;
  const checksum = entry["checksum"] as { value?: unknown } | undefined;
  const sha1 = checksum?.value ?? entry["sha1"];
  const path = entry["path"] ?? entry["fn"];
  if (typeof sha1 !== "string" || !/^[0-9a-f]{40}$/i.test(sha1) || typeof path !== "string") {
    throw new CcError("AppBitsUploadInvalid", ["invalid :resources"]);
  }
  if (!isSafePath(path)) throw new CcError("AppResourcesFilePathInvalid", [`File path '${path}' is not safe.`]);
  return { path, sha1: sha1.toLowerCase(), mode: modeOf(entry["mode"], path) };
}

function modeOf(raw: unknown, path: string): number {
  if (raw === undefined || raw === null || raw === "") return DEFAULT_MODE;
  const mode = /^[0-7]+$/.test(String(raw)) ? Number.parseInt(String(raw), 8) : 0;
  if ((mode & 0o600) !== 0o600) {
    throw new CcError("AppResourcesFileModeInvalid", [
      `File mode '${String(raw)}' with path '${path}' is invalid. Minimum file mode is '0600'`,
    ]);
  }
  return mode & 0o7777;
}

/** Relative, without `..`, and nothing that a file system would not take. */
function isSafePath(path: string): boolean {
  if (path === "" || path.startsWith("/") || path.endsWith("/") || /^[a-z]:/i.test(path)) return false;
  if (path.includes("\0") || path.includes("\\")) return false;
  const segments = path.split("/");
  return Buffer.byteLength(path) <= 4095 && segments.every((part) => part !== ".." && Buffer.byteLength(part) <= 255);
}
