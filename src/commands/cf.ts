/** `./ingot cf …`: the cf command line. */
export async function cf(argv: readonly string[]): Promise<number> {
  const { runCf } = await import("../cli/index.ts");
  const { cliDeps } = await import("../platform/cli-deps.ts");
  return await runCf(argv, cliDeps());
}
