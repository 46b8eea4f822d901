import { existsSync, readdirSync } from "node:fs";
import { systemSubprocess } from "../kit/subprocess.ts";
import { thisMachine } from "../platform/machine-setup.ts";
import { hasProgram, installPackages, missingNeeds, type Need } from "../platform/system-packages.ts";

/** What only tests use: the other side of a format or a protocol, which must not be our own. */
const TEST_TOOLS: readonly Pick<Need, "program" | "debian" | "purpose">[] = [
  { program: "git", debian: "git", purpose: "serves buildpacks from repositories" },
  { program: "curl", debian: "curl", purpose: "calls the router as a user would" },
  { program: "unzip", debian: "unzip", purpose: "reads the archives that we write" },
  { program: "python3", debian: "python3-venv", purpose: "runs the Python client of Cloud Foundry" },
  { program: "go", debian: "golang-go", purpose: "compiles the program that uses the Go client of Cloud Foundry" },
  { program: "javac", debian: "default-jdk-headless", purpose: "compiles and runs the same for the Java client" },
  { program: "mvn", debian: "maven", purpose: "resolves the Java client" },
  { program: "slapd", debian: "slapd", purpose: "a directory for people to sign in by" },
  { program: "postgres", debian: "postgresql", purpose: "keeps the rows of Cloud Controller and UAA" },
];
const ASK_LIMIT_MS = 30_000;
/** Where Debian writes down which databases there are. */
const CLUSTERS = "/etc/postgresql";
const DROP_LIMIT_MS = 60_000;

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
  const clusters = existsSync(CLUSTERS);
  for (const [name, purpose] of packages) say(`installing ${name} (apt): ${purpose}`);
  await installPackages([...packages.keys()], systemSubprocess(), new AbortController().signal).catch(
    (error: unknown) => say(`not installed: ${(error as Error).message.split("\n")[0]}`),
  );
  if (!clusters) await dropFirstCluster();
}

/** Debian makes a database with the package and starts it. The tests have one of their own, and nobody asked for another. */
async function dropFirstCluster(): Promise<void> {
  const versions = existsSync(CLUSTERS) ? readdirSync(CLUSTERS) : [];
  for (const version of versions) {
    await systemSubprocess().run("pg_dropcluster", ["--stop", version, "main"], {
      signal: AbortSignal.timeout(DROP_LIMIT_MS),
    });
  }
}

async function missingTools(): Promise<(typeof TEST_TOOLS)[number][]> {
  // A Python may lack what makes environments, and a Go lies wherever PATH says.
  const works: Readonly<Record<string, boolean>> = {
    python3: await answers("python3", ["-c", "import venv, ensurepip"]),
    go: await answers("go", ["version"]),
  };
  return TEST_TOOLS.filter(({ program }) => !(works[program] ?? hasProgram(program)));
}

async function answers(program: string, argv: readonly string[]): Promise<boolean> {
  return await systemSubprocess()
    .run(program, argv, { signal: AbortSignal.timeout(ASK_LIMIT_MS) })
    .then(
      ({ code }) => code === 0,
      () => false,
    );
}
