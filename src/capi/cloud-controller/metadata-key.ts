const KEY_NAME_MAX = 63;
const PREFIX_MAX = 253;
const VALUE_MAX = 63;
const START_AND_END = /^(?=[a-zA-Z\d])[\s\S]*[a-zA-Z\d]$/;
const INVALID_CHARACTER = /[^\w\-.]/;
/** CC: lib/cloud_controller/domain_decorator.rb */
const DNS_NAME = /^(([a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])\.)+([a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])$/i;

export interface MetadataKey {
  /** "" when the key has none. */
  readonly prefix: string;
  readonly name: string;
}

/** `example.com/team` → prefix and name. */
export function splitMetadataKey(key: string): MetadataKey {
  const slash = key.indexOf("/");
  if (slash < 0) return { prefix: "", name: key };
  return { prefix: key.slice(0, slash), name: key.slice(slash + 1).split("/")[0] ?? "" };
}

export function joinMetadataKey(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** What is wrong with a key of a label or annotation, in CC's words; null when nothing is. CC: messages/metadata_validator_helper.rb */
export function metadataKeyError(key: string): string | null {
  const slashes = key.split("/").length - 1;
  const { prefix, name } = splitMetadataKey(key);
  if (key.trim() === "") return "key cannot be empty string";
  if (slashes > 1) return "key has more than one '/'";
  if (slashes === 1) {
    if (!DNS_NAME.test(prefix)) return `prefix '${prefix}' must be in valid dns format`;
    if (prefix.length > PREFIX_MAX) return `prefix '${prefix.slice(0, 8)}...' is greater than ${PREFIX_MAX} characters`;
    if (prefix.toLowerCase() === "cloudfoundry.org") return "prefix 'cloudfoundry.org' is reserved";
  }
  if (name.trim() === "") return "key cannot be empty string";
  return wordError(name, KEY_NAME_MAX);
}

/** What is wrong with a label's value; null when nothing is. */
export function labelValueError(value: string): string | null {
  return value === "" ? null : wordError(value, VALUE_MAX);
}

function wordError(word: string, max: number): string | null {
  if (INVALID_CHARACTER.test(word)) return `'${word}' contains invalid characters`;
  if (!START_AND_END.test(word)) return `'${word}' starts or ends with invalid characters`;
  if (word.length > max) return `'${word.slice(0, 8)}...' is greater than ${max} characters`;
  return null;
}
