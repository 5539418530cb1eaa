/** How often the controller writes: as little as possible, and nothing when nothing changes. Counted by the API server. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ANNOTATION, CONTROLLER_USER } from "../../src/api/names.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { action, formula, inNamespace, of, packInstall } from "../gen/objects.ts";
import { type AuditEntry, AuditLog, resourceOf } from "./audit.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { type Scene, Stage, settled } from "./kit.ts";

const N = 20;

const isLease = ({ objectRef }: AuditEntry): boolean => objectRef?.resource === "leases";

/** `{ "update packinstalls/status": 20 }`. */
const tally = (entries: readonly AuditEntry[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const entry of entries) {
    const what = `${entry.verb} ${resourceOf(entry)}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
};

describeCluster("writes", () => {
  let stage: Stage;
  let audit: AuditLog;
  let controller: ControllerProcess;
  let pack: Scene;
  let docs: readonly Scene[];

  beforeAll(async () => {
    audit = await AuditLog.create(CONTROLLER_USER);
    stage = await Stage.start({ plane: { apiServerFlags: audit.flags } });
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
    pack = await stage.scene("pack");
    docs = await Promise.all(Array.from({ length: N }, () => stage.scene("doc")));
    await pack.define(formula("GetDeal"), action("CloseDeal"));
    await pack.configure();
    await quiet();
  });

  afterAll(async () => {
    await stage?.stop();
    await audit?.remove();
  });

  const writes = (): readonly AuditEntry[] => audit.writes().filter((entry) => !isLease(entry));
  const quiet = (ms = 1_500): Promise<void> => settled(() => writes().length, ms);
  const conflicts = (): readonly AuditEntry[] =>
    writes().filter(({ responseStatus }) => (responseStatus?.code ?? 0) >= 400);
  const counters = /^update (packdefinitions|packconfigurations)\/status$/;
  /** Writes but those of counters, which are coalesced and counted apart. */
  const counted = (): Readonly<Record<string, number>> =>
    Object.fromEntries(Object.entries(tally(writes())).filter(([what]) => !counters.test(what)));

  it(`makes ${N} installs with five writes each and no conflict`, async () => {
    audit.mark();
    await Promise.all(docs.map(({ name }) => stage.create(packInstall("crm", inNamespace(name), of(pack.name)))));
    for (const doc of docs) await doc.until("crm", { Installed: "True Installed" });
    await quiet();
    expect(counted()).toEqual({
      "patch packinstalls": N,
      "create networkpolicies": N,
      "create packgrants": N,
      "create pods": N,
      "update packinstalls/status": N,
    });
    expect(conflicts()).toEqual([]);
    // Counters: at most one write a second and object.
    const span = tally(writes());
    expect(span["update packdefinitions/status"]).toBeLessThanOrEqual(4);
    expect(span["update packconfigurations/status"]).toBeLessThanOrEqual(4);
  });

  it("tells that a pod is ready with one write each", async () => {
    audit.mark();
    for (const doc of docs) await doc.startPod();
    for (const doc of docs) await doc.until("crm", { Ready: "True Succeeded" });
    await quiet();
    expect(tally(writes())).toEqual({ "update packinstalls/status": N });
  });

  it("answers a request to look again with one write each, and that tells only that it looked", async () => {
    audit.mark();
    for (const doc of docs) await stage.annotate(await doc.get(), { [ANNOTATION.reconcileRequestedAt]: "now" });
    for (const doc of docs) {
      await eventually("it looked", async () => (await doc.get()).status?.lastHandledReconcileAt === "now");
    }
    await quiet();
    expect(tally(writes())).toEqual({ "update packinstalls/status": N });
  });

  it("writes nothing for changes that mean nothing: labels and notes on everything", async () => {
    audit.mark();
    const before =
      (await controller.metric("packs_controller_reconcile_total", { controller: "packinstall", result: "success" })) ??
      0;
    for (const doc of docs) await stage.annotate(await doc.get(), { note: `${Math.random()}` });
    await eventually("all were looked at", async () => {
      const now = await controller.metric("packs_controller_reconcile_total", {
        controller: "packinstall",
        result: "success",
      });
      return (now ?? 0) >= before + N;
    });
    await quiet();
    expect(tally(writes())).toEqual({});
  });

  it("writes nothing but its Lease while nothing happens", async () => {
    audit.mark();
    await sleep(10_000);
    expect(tally(writes())).toEqual({});
    expect(Object.keys(tally(audit.writes()))).toEqual(["update leases"]);
  });

  it("writes nothing but its Lease when it is started again", async () => {
    await controller.stop();
    audit.mark();
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
    await eventually("all were looked at", async () => {
      const done = await controller.metric("packs_controller_reconcile_total", {
        controller: "packinstall",
        result: "success",
      });
      return (done ?? 0) >= N;
    });
    await quiet();
    expect(tally(writes())).toEqual({});
  });

  it(`follows one edit of a configuration with ${N} grants, ${N} statuses and its own status`, async () => {
    audit.mark();
    const configuration = {
      apiVersion: "packs.dev/v1alpha1",
      kind: "PackConfiguration",
      metadata: { name: `${pack.name}-members` },
    };
    await stage.edit(configuration, { components: { allow: "Listed", fetches: "Allow", actions: "Deny" } });
    for (const doc of docs) {
      await eventually("the action is off", async () =>
        (await doc.get()).status?.components?.some(({ state }) => state === "Disabled"),
      );
    }
    await quiet();
    expect(tally(writes())).toEqual({
      "update packgrants": N,
      "update packinstalls/status": N,
      "update packconfigurations/status": 1,
    });
    expect(conflicts()).toEqual([]);
  });

  it("removes an install with a revocation, three deletions and its finalizer", async () => {
    audit.mark();
    for (const doc of docs) await stage.remove(await doc.get());
    for (const doc of docs) await eventually("it is gone", async () => (await doc.children()).grant === undefined);
    await quiet();
    expect(counted()).toEqual({
      "update packgrants": N,
      "delete pods": N,
      "delete networkpolicies": N,
      "delete packgrants": N,
      "patch packinstalls": N,
    });
    expect(conflicts()).toEqual([]);
  });
});
