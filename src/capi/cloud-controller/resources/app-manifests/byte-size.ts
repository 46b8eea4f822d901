import { written } from "./written-value.ts";

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

export type ByteSize = { readonly bytes: number } | { readonly fault: "unit" | "number" };

/** `256M`, `1.5 GB`, `512mb`. Null for nothing given. CC: lib/cloud_controller/app_manifest/byte_converter.rb */
export function parseByteSize(value: unknown): ByteSize | null {
  if (value === undefined || value === null || written(value).trim() === "") return null;
  const text = written(value).trim();
  if (!/^-?\d+(?:\.\d+)?/.test(text)) return { fault: "number" };
  const match = /^(\d+(?:\.\d+)?)\s*(?:(b)|([kmgt])b?)$/i.exec(text);
  const bytes = match === null ? 0 : Math.floor(Number(match[1]) * UNITS[(match[2] ?? match[3] ?? "").toLowerCase()]!);
  return bytes > 0 ? { bytes } : { fault: "unit" };
}

/** What is wrong with a size, in CC's words; null when nothing is. */
export function byteSizeFault(value: unknown, attribute: string, unlimitedAllowed = false): string | null {
  if (unlimitedAllowed && ["-1", "0"].includes(written(value))) return null;
  const size = parseByteSize(value);
  if (size === null || "bytes" in size) return null;
  return size.fault === "unit"
    ? `${attribute} must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB`
    : `${attribute} is not a number`;
}

/** Undefined when nothing, or nothing sensible, was given: the fault is told elsewhere. */
export function megabytes(value: unknown): number | undefined {
  const size = parseByteSize(value);
  return size !== null && "bytes" in size ? Math.floor(size.bytes / UNITS["m"]!) : undefined;
}

/** Bytes per second; -1 without limit. */
export function logRate(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (["-1", "0"].includes(written(value))) return Number(value);
  const size = parseByteSize(value);
  return size !== null && "bytes" in size ? size.bytes : undefined;
}

/** In the biggest unit that divides it: 1048576 → `1M`. */
export function shownBytes(bytes: number): string {
  for (const unit of ["T", "G", "M", "K"]) {
    const size = UNITS[unit.toLowerCase()]!;
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return bytes === 0 ? "0T" : `${bytes}B`;
}
