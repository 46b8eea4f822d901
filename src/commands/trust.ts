import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runChecked, systemSubprocess } from "../kit/subprocess.ts";
import { readCommandLine } from "../platform/config.ts";
import { openStateFolder } from "../platform/state-folder.ts";

/** Trust stores of the large distributions: where a certificate is dropped, and the program that takes it in. */
const STORES = [
  { folder: "/usr/local/share/ca-certificates", program: "update-ca-certificates", args: [] },
  { folder: "/etc/pki/ca-trust/source/anchors", program: "update-ca-trust", args: ["extract"] },
  { folder: "/etc/ca-certificates/trust-source/anchors", program: "trust", args: ["extract-compat"] },
] as const;
const LIMIT_MS = 60_000;

/** `./ingot trust [--uninstall]`: makes this machine's programs accept certificates of this Ingot's CA. */
export async function trust(argv: readonly string[]): Promise<number> {
  const { config, flags } = readCommandLine(argv, process.env, { uninstall: "boolean" });
  const certificate = join(config.state, "ca", "ca.crt");
  if (!existsSync(certificate)) {
    process.stderr.write(`ingot trust: ${certificate} is made by the first ./ingot up\n`);
    return 1;
  }
  const store = STORES.find(({ folder }) => existsSync(folder));
  if (process.getuid?.() !== 0 || store === undefined) {
    process.stderr.write(
      `ingot trust: root and a known trust store are needed; import this file yourself: ${certificate}\n`,
    );
    return 1;
  }
  const installed = join(store.folder, `ingot-${openStateFolder(config.state).hash}.crt`);
  if (flags["uninstall"] === true) rmSync(installed, { force: true });
  else copyFileSync(certificate, installed);
  await runChecked(systemSubprocess(), store.program, store.args, { signal: AbortSignal.timeout(LIMIT_MS) });
  process.stdout.write(
    flags["uninstall"] === true
      ? "the CA is no longer trusted\n"
      : `the CA is trusted (${installed}); browsers with a store of their own need the file too\n`,
  );
  return 0;
}
