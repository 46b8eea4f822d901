import type { Kysely } from "kysely";
import { z } from "zod";
import { CcError } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { full, own, validationTexts } from "../../validation.ts";

export type LifecycleType = "buildpack" | "docker" | "cnb";

/** What an app, build or manifest says of its lifecycle. */
export interface LifecycleChange {
  readonly type?: LifecycleType;
  /** Null: let the platform detect. */
  readonly buildpacks?: readonly string[] | null;
  readonly stack?: string | null;
}

/** As an app keeps it. */
export interface LifecycleData {
  readonly buildpacks: readonly string[];
  readonly stack: string | null;
}

const BUILDPACK_DATA = z.strictObject({
  buildpacks: z
    .array(z.unknown(), { error: own("must be an array") })
    .nullish()
    .superRefine((buildpacks, ctx) => {
      if (!Array.isArray(buildpacks)) return;
      const texts = buildpacks.filter((buildpack): buildpack is string => typeof buildpack === "string");
      if (texts.length < buildpacks.length) {
        ctx.addIssue({ code: "custom", message: own("can only contain strings"), input: buildpacks });
      }
      if (texts.some((text) => text.trim() === "" || text.length > 4096)) {
        ctx.addIssue({
          code: "custom",
          message: own("entries must be between 1 and 4096 characters"),
          input: buildpacks,
        });
      }
    }),
  stack: z
    .string({ error: own("must be a string") })
    .min(1, { error: own("must be between 1 and 4096 characters") })
    .max(4096, { error: own("must be between 1 and 4096 characters") })
    .nullish(),
  credentials: z.record(z.string(), z.unknown(), { error: own("must be an object") }).nullish(),
});
const EMPTY_DATA = z.strictObject({});
const TYPES: readonly string[] = ["buildpack", "docker", "cnb"];

/** The `lifecycle` of a body. CC: validators.rb, LifecycleValidator; messages/buildpack_lifecycle_data_message.rb */
export function lifecycle() {
  return z
    .unknown()
    .superRefine((value, ctx) => {
      for (const message of lifecycleTexts(value))
        ctx.addIssue({ code: "custom", message: full(message), input: value });
    })
    .transform((value): LifecycleChange => {
      const { type, data } = value as {
        type?: LifecycleType;
        data?: { buildpacks?: string[] | null; stack?: string | null };
      };
      return {
        ...(type === undefined || type === null ? {} : { type }),
        ...(data?.buildpacks === undefined ? {} : { buildpacks: data.buildpacks }),
        ...(data?.stack === undefined ? {} : { stack: data.stack }),
      };
    })
    .optional();
}

/** What is wrong with a `lifecycle`, in CC's words. */
export function lifecycleTexts(value: unknown): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return ["Lifecycle data must be an object"];
  }
  const { type, data } = value as { type?: unknown; data?: unknown };
  const texts: string[] = [];
  const given = type ?? "buildpack";
  if (typeof given !== "string") texts.push("Lifecycle type must be a string");
  else if (!TYPES.includes(given)) texts.push("Lifecycle type is not included in the list: buildpack, docker, cnb");
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return [...texts, "Lifecycle data must be an object"];
  const parsed = (given === "docker" ? EMPTY_DATA : BUILDPACK_DATA).safeParse(data, { reportInput: true });
  if (!parsed.success) texts.push(...validationTexts(parsed.error).map((text) => `Lifecycle ${text}`));
  return texts;
}

/** CC: lib/utils/uri_utils.rb, is_buildpack_uri? */
export function isBuildpackUrl(text: string): boolean {
  if (/^(?:ssh:\/\/)?git@.+?:.+?\.git$/.test(text) || /^git:\/\/.+?:.+?\.git$/.test(text)) return true;
  return /^[a-z][a-z0-9+.-]*:\/\/[^\s/]+\S*$/i.test(text) && URL.canParse(text);
}

/**
 * What is wrong with buildpacks and stack against what is installed; empty when all is well. Locks and disabled ones do not matter
 * here. CC: buildpack_lifecycle_data_validator.rb
 */
export async function lifecycleDataTexts(
  db: Kysely<CcDatabase>,
  type: LifecycleType,
  data: LifecycleData,
): Promise<string[]> {
  if (type === "docker") return [];
  const stack = await db
    .selectFrom("stacks")
    .where("name", "=", data.stack ?? "")
    .select("name")
    .executeTakeFirst();
  const installed = await db
    .selectFrom("buildpacks")
    .where("lifecycle", "=", type)
    .where((eb) => eb.or([eb("stack", "is", null), eb("stack", "=", data.stack ?? "")]))
    .select("name")
    .execute();
  const names = new Set(installed.map(({ name }) => name));
  const unknown = data.buildpacks.filter((name) => !names.has(name) && !isBuildpackUrl(name));
  const where = stack === undefined ? "" : ` for stack "${stack.name}"`;
  return [
    ...unknown.map((name) => `Buildpack "${name}"${where} must be an existing admin buildpack or a valid git URI`),
    ...(stack === undefined ? ["Stack must be an existing stack"] : []),
  ];
}

/** 422 for a named buildpack without bits. CC: app_create.rb, validate_buildpacks_are_ready */
export async function requireReadyBuildpacks(db: Kysely<CcDatabase>, buildpacks: readonly string[]): Promise<void> {
  if (buildpacks.length === 0) return;
  const waiting = await db
    .selectFrom("buildpacks")
    .where("name", "in", buildpacks)
    .where("state", "!=", "READY")
    .select("name")
    .executeTakeFirst();
  if (waiting !== undefined) throw new CcError("UnprocessableEntity", [`"${waiting.name}" must be in ready state`]);
}

export async function defaultStack(db: Kysely<CcDatabase>): Promise<string> {
  const stack = await db.selectFrom("stacks").where("is_default", "=", 1).select("name").executeTakeFirst();
  return stack?.name ?? "cflinuxfs4";
}

export function readLifecycleData(json: string): LifecycleData {
  const { buildpacks, stack } = JSON.parse(json) as Partial<LifecycleData>;
  return { buildpacks: buildpacks ?? [], stack: stack ?? null };
}
