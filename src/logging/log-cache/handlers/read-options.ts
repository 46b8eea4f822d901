import type { EnvelopeType, LogCacheReadOptions } from "../client.ts";
import { badParameter } from "../errors.ts";

const INT64_MAX = 2n ** 63n - 1n;
/** Log-cache: rpc EnvelopeType; ANY is no filter. */
const TYPES: readonly string[] = ["ANY", "LOG", "COUNTER", "GAUGE", "TIMER", "EVENT"];

/** Reads the query of `/api/v1/read/{source}`. Throws `LogCacheError` (400) as grpc-gateway does. */
export function readOptions(query: URLSearchParams): LogCacheReadOptions {
  const startTimeNs = int64(query, "start_time");
  const endTimeNs = int64(query, "end_time");
  const limit = int64(query, "limit");
  const nameFilter = query.get("name_filter");
  const types = query.getAll("envelope_types").map(envelopeType);
  const options: LogCacheReadOptions = {
    ...(startTimeNs === null ? {} : { startTimeNs }),
    ...(endTimeNs === null ? {} : { endTimeNs }),
    ...(limit === null ? {} : { limit: Number(limit) }),
    descending: bool(query, "descending"),
    ...(nameFilter === null ? {} : { nameFilter }),
    // ANY among the others is left out there, too; alone it filters nothing.
    envelopeTypes: types.filter((type): type is EnvelopeType => type !== "ANY"),
  };
  return options;
}

function int64(query: URLSearchParams, name: string): bigint | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^[+-]?\d+$/.test(text))
    throw badParameter(name, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text);
  if (value > INT64_MAX || value < -INT64_MAX - 1n) {
    throw badParameter(name, `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return value;
}

function bool(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null) return false;
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw badParameter(name, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function envelopeType(text: string): string {
  const type = /^\d$/.test(text) ? TYPES[Number(text)] : text;
  if (type === undefined || !TYPES.includes(type)) {
    throw badParameter("envelope_types", `${JSON.stringify(text)} is not a valid value`);
  }
  return type;
}
