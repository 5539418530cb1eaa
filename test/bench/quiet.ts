/** Nothing changed, so nothing may be written: after a restart, which reconciles everything, and while idle. */
import { setTimeout as sleep } from "node:timers/promises";
import { CONTROLLER_USER } from "../../src/api/names.ts";
import { eventually } from "../cluster/eventually.ts";
import type { ControllerActor } from "./actors.ts";
import type { Plane } from "./plane.ts";
import { countWrites, writesByActor } from "./rounds.ts";
import { cpuMs } from "./usage.ts";

export type Counts = Readonly<Record<string, number>>;

export type Restart = {
  readonly reconciles: number;
  /** Without the Lease. */
  readonly writes: Counts;
  readonly cpuMs: number;
};

export type Idle = {
  readonly seconds: number;
  /** Without the Lease. */
  readonly writes: Counts;
  readonly leaseWrites: number;
  readonly reconciles: number;
  readonly cpuMs: number;
};

const RECONCILES = "packs_controller_reconcile_total";
const INSTALLS = { controller: "packinstall" };

const queued = async (controller: ControllerActor): Promise<number> =>
  (await controller.metric("workqueue_depth")) + (await controller.metric("packs_controller_active_workers"));

/** Resolves once the controller has looked at `installs` installs and has nothing left to do. */
export const untilReconciled = (controller: ControllerActor, installs: number): Promise<number> =>
  eventually(
    `${installs} installs are reconciled`,
    async () => {
      const reconciles = await controller.metric(RECONCILES, INSTALLS);
      return reconciles >= installs && (await queued(controller)) === 0 ? reconciles : undefined;
    },
    { deadlineMs: 300_000, everyMs: 1_000 },
  );

/** `start` starts the controller on a world in which everything is as it must be. */
export const measureRestart = async (
  plane: Plane,
  installs: number,
  start: () => Promise<ControllerActor>,
): Promise<{ readonly restart: Restart; readonly controller: ControllerActor }> => {
  const from = (await plane.audit.writes()).length;
  const controller = await start();
  const reconciles = await untilReconciled(controller, installs);
  const writes = countWrites(await writesByActor(plane, from));
  return { controller, restart: { reconciles, writes, cpuMs: cpuMs(controller.pid) } };
};

export const measureIdle = async (plane: Plane, controller: ControllerActor, seconds: number): Promise<Idle> => {
  const from = (await plane.audit.writes()).length;
  const before = { cpu: cpuMs(controller.pid), reconciles: await controller.metric(RECONCILES) };
  await sleep(seconds * 1000);
  const writes = (await plane.audit.writes()).slice(from).filter(({ user }) => user === CONTROLLER_USER);
  return {
    seconds,
    writes: countWrites(await writesByActor(plane, from)),
    leaseWrites: writes.filter(({ resource }) => resource === "leases").length,
    reconciles: (await controller.metric(RECONCILES)) - before.reconciles,
    cpuMs: cpuMs(controller.pid) - before.cpu,
  };
};
