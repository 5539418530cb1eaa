/** Very many installs with their objects, all in their final state, listed and watched by the real controller. */
import { setTimeout as sleep } from "node:timers/promises";
import { NETWORK_POLICY, PACK_GRANT, PACK_INSTALL, POD } from "../../src/api/kinds.ts";
import { FIELD_MANAGER, INSTALL_FINALIZER } from "../../src/api/names.ts";
import type { PackInstall } from "../../src/api/v1alpha1/index.ts";
import { clientFrom } from "../cluster/connect.ts";
import type { ControllerActor } from "./actors.ts";
import { PEOPLE, type Plane } from "./plane.ts";
import { forEach } from "./pool.ts";
import { type Counts, untilReconciled } from "./quiet.ts";
import { countWrites, isOfInstall, writesByActor } from "./rounds.ts";
import { over, templatesFor } from "./templates.ts";
import { cpuMs, memoryOf } from "./usage.ts";
import { installOf, packNamed } from "./workload.ts";

const LOADERS = 24;
/** Long enough for the collector to give back what the lists needed. */
const REST_MS = 20_000;
const WRITE = { fieldManager: FIELD_MANAGER.install };

export type Many = {
  readonly installs: number;
  /** Resident memory at its highest, after everything was listed and reconciled, and after a rest. */
  readonly peakMB: number;
  readonly residentMB: number;
  readonly restedMB: number;
  readonly heapMB: number;
  /** The longest stalls of the event loop while listing, and while everything is reconciled once. */
  readonly listStallMs: number;
  readonly reconcileStallMs: number;
  readonly startSeconds: number;
  readonly reconciles: number;
  /** To installs, grants, policies and pods. */
  readonly writes: Counts;
  readonly cpuMs: number;
};

/** Fills the API server: `packs` packs, each in every namespace. The objects are those that the controller would write. */
export const loadInstalls = async (plane: Plane, packs: number, namespaces: number): Promise<void> => {
  const controller = clientFrom(plane.controllerKubeconfig);
  for (let index = 0; index < packs; index++) {
    const pack = packNamed(`pack-${index}`);
    const declared = await plane.declare(pack);
    const templates = templatesFor(installOf(pack, 0), declared);
    await forEach(Array.from({ length: namespaces }).keys().toArray(), LOADERS, async (namespace) => {
      const draft = installOf(pack, namespace);
      const metadata = { ...draft.metadata, finalizers: [INSTALL_FINALIZER] };
      const created = await plane.people.create<PackInstall>(
        PACK_INSTALL,
        { ...draft, metadata },
        { fieldManager: PEOPLE },
      );
      const { grant, installed, networkPolicy, pod } = templates.of(created);
      await controller.create(NETWORK_POLICY, networkPolicy, WRITE);
      await controller.create(PACK_GRANT, grant, WRITE);
      await controller.create(POD, pod, WRITE);
      await controller.replaceStatus(PACK_INSTALL, over(installed, created.metadata.resourceVersion), WRITE);
    });
  }
  await controller.close();
};

/** `start` resolves when the controller leads, which is when everything is listed. */
export const measureMany = async (
  plane: Plane,
  installs: number,
  start: () => Promise<ControllerActor>,
): Promise<{ readonly many: Many; readonly controller: ControllerActor }> => {
  const from = (await plane.audit.writes()).length;
  const began = performance.now();
  const controller = await start();
  const startSeconds = (performance.now() - began) / 1000;
  const listStallMs = await controller.takeStallMs();
  const reconciles = await untilReconciled(controller, installs);
  const reconcileStallMs = await controller.takeStallMs();
  const { residentMB } = memoryOf(controller.pid);
  await sleep(REST_MS);
  const many: Many = {
    installs,
    listStallMs,
    reconcileStallMs,
    startSeconds,
    reconciles,
    residentMB,
    restedMB: memoryOf(controller.pid).residentMB,
    peakMB: memoryOf(controller.pid).peakMB,
    heapMB: (await controller.metric("nodejs_heap_size_used_bytes")) / 2 ** 20,
    writes: countWrites((await writesByActor(plane, from)).filter(isOfInstall)),
    cpuMs: cpuMs(controller.pid),
  };
  return { many, controller };
};
