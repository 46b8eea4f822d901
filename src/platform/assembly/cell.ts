import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startExecutor } from "../../diego/executor/index.ts";
import { startRep } from "../../diego/rep/index.ts";
import type { RunningGarden } from "../../garden/index.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import { instanceIdentity } from "../instance-identity.ts";
import type { Assembly } from "./assembly.ts";
import type { Diego } from "./diego.ts";

const STACK = "cflinuxfs4";

/** The cell of this machine: executor and rep. It takes up what already runs before it takes new work. */
export async function startCell(
  { site, deps, log, data, keep }: Assembly,
  {
    garden,
    agent,
    lifecycleFolder,
    diego,
  }: { garden: RunningGarden; agent: AgentClient; lifecycleFolder: Promise<string>; diego: Diego },
): ReturnType<typeof startRep> {
  const { state, ca, cpuCount } = site;
  const { clock, random, http, subprocess } = deps;
  const cellId = `cell-${state.hash}`;
  const capacity = await garden.client.capacity(deps.signal);
  const resources = {
    memoryMb: Math.floor(capacity.memoryBytes / 1024 ** 2),
    diskMb: Math.floor(capacity.diskBytes / 1024 ** 2),
    containers: capacity.maxContainers,
  };
  const certificates = join(state.cache, "system-certificates");
  mkdirSync(certificates, { recursive: true, mode: 0o755 });
  copyFileSync(ca.certPath, join(certificates, "ingot-ca.crt"));
  const executor = await keep(
    startExecutor(
      {
        cellId,
        databasePath: data("executor"),
        cachePath: join(state.cache, "downloads"),
        layersPath: join(state.cache, "layers"),
        credentialsPath: join(state.root, "instance-identity"),
        capacity: resources,
        lifecyclePath: await lifecycleFolder,
        nodePath: "",
        trustedCertificatesPath: certificates,
        cpuCount,
      },
      {
        clock,
        random,
        log: log("executor"),
        garden: garden.client,
        agent,
        http,
        subprocess,
        identity: instanceIdentity(ca),
      },
    ),
  );
  const rep = await keep(
    startRep(
      {
        cellId,
        zone: "z1",
        repUrl: "",
        repAddress: "",
        capacity: resources,
        stacks: [STACK],
        // The lock of the state folder guarantees one process: a restarted one goes on with the same presence at once.
        presenceOwner: cellId,
        // Without networks of their own, apps listen on ports of the host.
        prefersInstanceAddress: garden.isolation === "container",
      },
      { clock, random, log: log("rep"), bbs: diego.bbs, locket: diego.locket, executor: executor.client },
    ),
  );
  diego.addCell(cellId, rep.client);
  return rep;
}
