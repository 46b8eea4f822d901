/**
 * Why staging failed. The Cloud Controller reads nothing but the exit code; it is found by looking through the whole
 * text in this order, so a finalize script that fails within the last buildpack's compilation counts as 223.
 * Texts and codes: buildpackapplifecycle, models.go.
 */
export const FAILURE = {
  detect: "None of the buildpacks detected a compatible application",
  compile: "Failed to compile droplet",
  release: "Failed to build droplet release",
  supply: "Failed to run all supply scripts",
  noSupply: "Error: one of the buildpacks chosen to supply dependencies does not support multi-buildpack apps",
  finalize: "Failed to run finalize script",
} as const;

const EXIT_CODES: readonly (readonly [text: string, code: number])[] = [
  [FAILURE.detect, 222],
  [FAILURE.compile, 223],
  [FAILURE.release, 224],
  [FAILURE.supply, 225],
  [FAILURE.noSupply, 225],
  [FAILURE.finalize, 226],
];

export class StagingError extends Error {
  /** `<what failed>: <why>`. */
  constructor(what: string, cause?: unknown) {
    super(cause === undefined ? what : `${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The builder's exit code for a failure; 1 for everything without a code of its own. */
export function exitCodeOf(error: unknown): number {
  const text = error instanceof Error ? error.message : String(error);
  return EXIT_CODES.find(([failure]) => text.includes(failure))?.[1] ?? 1;
}
