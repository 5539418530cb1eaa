/** Several controllers: one leads, the others wait; how they start, stop and die. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { LEASE } from "../../src/api/kinds.ts";
import { LEADER_LEASE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { Lease } from "../../src/api/wire.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { allThere, conditionsOf, Stage } from "./kit.ts";
import { ApiProxy, isWrite, type Treatment } from "./proxy.ts";

const leaseOf = (stage: Stage): Promise<Lease> =>
  stage.admin.get<Lease>(LEASE, { namespace: SYSTEM_NAMESPACE, name: LEADER_LEASE });

describeCluster("several controllers", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start();
  });

  afterAll(() => stage?.stop());

  const becameLeader = (controller: ControllerProcess): boolean =>
    controller.logs.some(({ msg }) => msg === "became the leader");

  it("have one leader; when it is killed the other takes over, and not before its lease ran out", async () => {
    const first = stage.launch();
    await first.leading();
    const second = stage.launch();
    await second.ready();
    const scene = await stage.scene("replicas");
    await scene.running();
    expect([becameLeader(first), becameLeader(second)]).toEqual([true, false]);
    expect(await first.metric("leader_election_master_status")).toBe(1);
    expect(await second.metric("leader_election_master_status")).toBe(0);
    expect(await second.metric("rest_client_requests_total", { method: "POST" })).toBeUndefined();
    const { spec } = await leaseOf(stage);
    await first.kill();
    const definition = { apiVersion: "packs.dev/v1alpha1", kind: "PackDefinition", metadata: { name: scene.name } };
    await stage.edit(definition, { networkDomains: [] });
    await second.leading(30_000);
    expect(Date.now() - Date.parse(spec.renewTime ?? "")).toBeGreaterThan(14_000);
    await scene.untilChildren("the grant follows", (it) => (it.grant?.spec.hosts ?? []).length === 0);
    await second.stop();
  });

  it("hand over at once when the leader is asked to stop, which ends with code 0 within 10 s", async () => {
    const first = stage.launch();
    await first.leading();
    const second = stage.launch();
    await second.ready();
    const asked = performance.now();
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(10_000);
    await second.leading(8_000);
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(await second.stop()).toEqual({ code: 0, signal: null });
    expect((await leaseOf(stage)).spec.holderIdentity ?? "").toBe("");
  });

  it("end what they are doing when they are asked to stop in the midst of it", async () => {
    const proxy = await ApiProxy.open(stage.plane.endpoint);
    const controller = stage.launch({ kubeconfig: await stage.identityAt(proxy.url) });
    await controller.leading();
    const scene = await stage.scene("drain");
    await scene.define();
    await scene.configure();
    let stopped: Promise<unknown> | undefined;
    proxy.rule = async (seen): Promise<Treatment> => {
      if (!isWrite(seen) || !/networkpolicies|packgrants|pods|packinstalls/.test(seen.path)) return "forward";
      stopped ??= controller.stop();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return "forward";
    };
    await scene.install();
    await eventually("it is being stopped", () => stopped);
    expect(await stopped).toEqual({ code: 0, signal: null });
    expect(conditionsOf(await scene.get())).toMatchObject({ Installed: "True Installed" });
    expect(allThere(await scene.children())).toBe(true);
    await proxy.close();
  });
});
