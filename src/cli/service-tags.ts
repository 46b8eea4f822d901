import type { Input } from "./args.ts";
import { value } from "./command.ts";

export const TAGS_FLAG = value("-t", "User provided tags");

/** `-t "a, b"`; undefined without the flag. cli: flag/tags.go */
export function serviceTags(input: Input): readonly string[] | undefined {
  return input
    .text("t")
    ?.split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}
