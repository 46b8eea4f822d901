import { z } from "zod";

/** The builder's `/tmp/result.json`. CC: diego/buildpack/staging_completion_handler.rb, schema */
const RESULT = z.object({
  execution_metadata: z.string(),
  lifecycle_type: z.literal("buildpack"),
  lifecycle_metadata: z.object({
    buildpack_key: z.string().optional(),
    detected_buildpack: z.string(),
    buildpacks: z
      .array(z.object({ key: z.string(), name: z.string().optional(), version: z.string().optional() }))
      .optional(),
  }),
  process_types: z.record(z.string(), z.string()).nullish(),
  sidecars: z
    .array(
      z.object({
        name: z.string(),
        command: z.string(),
        process_types: z.array(z.string()),
        memory: z.number().int().optional(),
      }),
    )
    .nullish(),
});

export type StagingResult = z.output<typeof RESULT>;

/** Null when the builder's result is not what it should be. */
export function parseStagingResult(text: string): StagingResult | null {
  try {
    return RESULT.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
