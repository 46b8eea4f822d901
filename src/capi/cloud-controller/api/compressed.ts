import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";

/** Shorter bodies gain nothing. CC's nginx: gzip_min_length, gzip_comp_level */
const BYTES_MIN = 1_250;
const LEVEL = 2;
/** Up to here it costs less (40 µs at the end of it) than the way to another thread and back (100 µs). */
const AT_ONCE_MAX = 10_000;
const compress = promisify(gzip);

/** The body in gzip, when the client takes that and it is worth it; else null. Any answer that depends on it has `vary: accept-encoding`. */
export async function compressed(body: string, acceptEncoding: string | undefined): Promise<Buffer | null> {
  if (body.length < BYTES_MIN || !takesGzip(acceptEncoding ?? "")) return null;
  return body.length <= AT_ONCE_MAX ? gzipSync(body, { level: LEVEL }) : compress(body, { level: LEVEL });
}

function takesGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(",").some((part) => {
    const [coding = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    return (coding === "gzip" || coding === "*") && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
