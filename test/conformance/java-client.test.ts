import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeBroker } from "../../src/capi/cloud-controller/testing/fake-broker.ts";
import { OFFERINGS } from "../../src/capi/cloud-controller/testing/services-world.ts";
import { bootIngot, runCommand } from "../system/boot-ingot.ts";
import { adminClientSecret, authority, builtOnce, CACHE, runSteps } from "./_program.ts";

const HERE = join(import.meta.dirname, "java-client");
const STEPS = 35;
/** The oldest Java that the program's sources are for. */
const JAVA_MIN = 11;
const PASSWORD = "of-no-secret";
/** The platform's names, which the Java runtime would not lead to loopback by itself. */
const NAMES = ["api", "uaa", "login", "log-cache", "doppler"].map((name) => `${name}.cf.localhost`);

/** The library with all that it needs, and the program's classes. Null without Java's compiler and Maven. */
async function program(): Promise<string | null> {
  const sources = readdirSync(HERE)
    .sort()
    .map((name) => join(HERE, name));
  return await builtOnce("java-client", sources, async (home) => {
    const compiler = await runCommand("javac", ["-version"]).catch(() => null);
    const maven = await runCommand("mvn", ["-version"]).catch(() => null);
    const version = Number(/javac (\d+)/.exec(compiler?.output ?? "")?.[1]);
    if (!(version >= JAVA_MIN) || maven?.code !== 0) return false;
    const libraries = join(home, "lib");
    const repository = `-Dmaven.repo.local=${join(CACHE, "maven")}`;
    const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${libraries}`, "-DincludeScope=runtime"];
    const fetched = await runCommand("mvn", ["-q", "-B", "-f", join(HERE, "pom.xml"), repository, ...copy]);
    assert.equal(fetched.code, 0, fetched.output);
    const java = sources.filter((file) => file.endsWith(".java"));
    const argv = ["-encoding", "UTF-8", "-d", join(home, "classes"), "-cp", join(libraries, "*"), ...java];
    const compiled = await runCommand("javac", argv);
    assert.equal(compiled.code, 0, compiled.output);
    return true;
  });
}

test("the Java client and its operations: sign-in, tenancy, an app's life, services, logs, removal", async (t) => {
  const home = await program();
  if (home === null) {
    return t.skip(`needs Java ${JAVA_MIN} or newer and Maven (Debian: apt-get install default-jdk-headless maven)`);
  }
  await using broker = await FakeBroker.start(OFFERINGS.filter(({ name }) => name !== "disk"));
  const parameters = { parameters: { size: 1 } };
  broker.rule("GET", /\/v2\/service_instances\/[^/]+$/, { status: 200, body: parameters });
  await using ingot = await bootIngot();
  const work = mkdtempSync(join(tmpdir(), "ingot-java-"));
  try {
    const [hosts, trust] = [join(work, "hosts"), join(work, "trust.p12")];
    writeFileSync(hosts, `127.0.0.1 localhost ${NAMES.join(" ")}\n`);
    const store = ["-keystore", trust, "-storetype", "PKCS12", "-storepass", PASSWORD];
    const keytool = ["-importcert", "-noprompt", "-alias", "ingot", "-file", authority(ingot.state), ...store];
    const imported = await runCommand("keytool", keytool);
    assert.equal(imported.code, 0, imported.output);
    const argv = [
      `-Djdk.net.hosts.file=${hosts}`,
      `-Djavax.net.ssl.trustStore=${trust}`,
      `-Djavax.net.ssl.trustStorePassword=${PASSWORD}`,
      "-Dsun.net.http.allowRestrictedHeaders=true", // asks the router for an app by its Host header
      "-XX:TieredStopAtLevel=1", // it lives too short for more
      ...["-cp", `${join(home, "classes")}:${join(home, "lib", "*")}`, "Main"],
    ];
    await runSteps(t, STEPS, "java", argv, {
      INGOT_API: ingot.apiUrl,
      INGOT_PASSWORD: ingot.adminPassword,
      INGOT_ADMIN_CLIENT_SECRET: adminClientSecret(ingot.state),
      INGOT_APP_DIR: join(import.meta.dirname, "..", "..", "examples", "hello-node"),
      INGOT_HTTP_PORT: String(ingot.httpPort),
      INGOT_BROKER: broker.url,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
