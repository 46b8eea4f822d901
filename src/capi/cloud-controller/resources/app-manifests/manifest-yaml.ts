import { CcError, unprocessable } from "../../errors.ts";

/** One entry of `applications`, as written. */
export type ManifestEntry = Readonly<Record<string, unknown>>;

const ALIASES_MAX = 100;

/** Ruby takes yes, on, no and off for booleans, but not the y and n of YAML 1.1: an app may be called `y`. */
const BOOLEANS = [
  { words: /^(?:yes|true|on)$/i, value: true },
  { words: /^(?:no|false|off)$/i, value: false },
].map(({ words, value }) => ({
  identify: (given: unknown) => given === value,
  default: true,
  tag: "tag:yaml.org,2002:bool",
  test: words,
  resolve: () => value,
}));

/**
 * The applications of a manifest. YAML 1.1 as Ruby reads it (`no-route: yes`), without its dates and binaries. Throws MessageParseError and
 * UnprocessableEntity. CC: controllers/v3/space_manifests_controller.rb
 */
export async function parseManifest(text: string): Promise<readonly ManifestEntry[]> {
  const { parse } = await import("yaml");
  let document: unknown;
  try {
    document = parse(text, {
      version: "1.1",
      logLevel: "error", // a warning about a tag would be printed, for every tenant who writes one
      merge: true,
      maxAliasCount: ALIASES_MAX,
      uniqueKeys: false,
      customTags: (tags) => [
        ...BOOLEANS,
        ...tags.filter(
          (tag) => typeof tag === "string" || !/timestamp|binary|omap|pairs|set|bool/.test(String(tag.tag)),
        ),
      ],
    });
  } catch (error) {
    throw new CcError("MessageParseError", ["invalid request body"], { cause: error });
  }
  if (!isObject(document)) throw unprocessable("Cannot parse manifest with no 'applications' field.");
  const { version, applications } = document;
  if (version !== undefined && version !== null && version !== 1) {
    throw unprocessable("Unsupported manifest schema version. Currently supported versions: [1].");
  }
  if (!Array.isArray(applications) || applications.length === 0) {
    throw unprocessable("Cannot parse manifest with no 'applications' field.");
  }
  return applications.map((entry) => (isObject(entry) ? entry : {}));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
