import { UsageError } from "./errors.ts";

const UNITS = ["B", "K", "M", "G", "T", "P", "E"] as const;

/** `0B`, `512B`, `1.5K`, `256M`; one decimal, none when it is zero. bytefmt: ByteSize */
export function byteSize(bytes: number): string {
  if (bytes <= 0) return "0B";
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return value.toFixed(1).replace(/\.0$/, "") + UNITS[unit]!;
}

/** `256M`, `1G`, `512MB` → megabytes. Throws `UsageError` without a unit of M, G or T. cli: command/flag/megabytes.go */
export function megabytes(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === null || !/[MGT](I?B)?$/i.test(text)) {
    throw new UsageError(
      "Incorrect Usage: Byte quantity must be an integer with a unit of measurement like M, MB, G, or GB",
    );
  }
  return Math.floor(bytes / 1_048_576);
}

/**
 * `4K` → bytes per second; `-1` (with any unit) is unlimited, `0` none. Throws `UsageError`.
 * cli: command/flag/bytes_with_unlimited.go
 */
export function bytesPerSecond(text: string): number {
  if (/^-1[KMGT]?B?$/.test(text)) return -1;
  if (text === "0") return 0;
  const bytes = parseBytes(text);
  if (bytes === null) {
    throw new UsageError(
      "Incorrect Usage: Byte quantity must be an integer with a unit of measurement like B, K, KB, M, MB, G, or GB",
    );
  }
  return bytes;
}

function parseBytes(text: string): number | null {
  const match = /^(\d+)([BKMGT])(?:I?B)?$/i.exec(text.trim());
  if (match === null) return null;
  const power = UNITS.indexOf(match[2]!.toUpperCase() as (typeof UNITS)[number]);
  return Number(match[1]) * 1024 ** power;
}
