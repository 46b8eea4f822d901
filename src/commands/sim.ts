/** `./ingot sim --seed N`: one run of the simulator, or several with `--seeds N`. */
export async function sim(argv: readonly string[]): Promise<number> {
  const { runSim } = await import("../../sim/index.ts");
  return await runSim(argv);
}
