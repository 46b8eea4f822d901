const UNITS = ["B", "K", "M", "G", "T"] as const;

/** A size as Diego's log lines print it: one decimal at most, powers of 1,024 (`14.3M`, `1K`, `0B`). bytefmt: bytes.go */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1).replace(/\.0$/, "")}${UNITS[unit]}`;
}
