import { systemSubprocess } from "../kit/subprocess.ts";
import { thisMachine } from "../platform/machine-setup.ts";
import { hasProgram, installPackages, missingNeeds, type Need } from "../platform/system-packages.ts";

/** What only tests use: the other side of a format or a protocol, which must not be our own. */
const TEST_TOOLS: readonly Pick<Need, "program" | "debian" | "purpose">[] = [
  { program: "git", debian: "git", purpose: "serves buildpacks from repositories" },
  { program: "curl", debian: "curl", purpose: "calls the router as a user would" },
  { program: "unzip", debian: "unzip", purpose: "reads the archives that we write" },
  { program: "python3", debian: "python3-venv", purpose: "runs the Python client of Cloud Foundry" },
  { program: "slapd", debian: "slapd", purpose: "a directory for people to sign in by" },
];
const PYTHON_LIMIT_MS = 30_000;

/**
 * As root on a machine with apt: installs what the tests of all kinds of isolation need, a line for each package. Elsewhere
 * nothing: tests that miss something are skipped, and say what they miss.
 */
export async function installTestTools(say: (line: string) => void): Promise<void> {
  const { isRoot, has } = thisMachine();
  if (!isRoot || !has("apt-get")) return;
  const wanted = [...missingNeeds("container", true), ...missingNeeds("sandbox", true), ...(await missingTools())];
  const packages = new Map(wanted.map(({ debian, purpose }) => [debian, purpose]));
  if (packages.size === 0) return;
  for (const [name, purpose] of packages) say(`installing ${name} (apt): ${purpose}`);
  await installPackages([...packages.keys()], systemSubprocess(), new AbortController().signal).catch(
    (error: unknown) => say(`not installed: ${(error as Error).message.split("\n")[0]}`),
  );
}

async function missingTools(): Promise<(typeof TEST_TOOLS)[number][]> {
  const venv = await systemSubprocess()
    .run("python3", ["-c", "import venv, ensurepip"], { signal: AbortSignal.timeout(PYTHON_LIMIT_MS) })
    .then(
      ({ code }) => code === 0,
      () => false,
    );
  return TEST_TOOLS.filter(({ program }) => (program === "python3" ? !venv : !hasProgram(program)));
}
