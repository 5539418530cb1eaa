/** Bad days: kinds that are not there, or not any more. Unknown widens nothing and uninstalls nothing. */
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  CUSTOM_RESOURCE_DEFINITION,
  crdName,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_GRANT,
  PACK_INSTALL,
  PACK_ORGANIZATION,
} from "../../src/api/kinds.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { installCrds } from "../cluster/manifests.ts";
import { withGrace } from "../gen/objects.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { allThere, conditionsOf, nothingLeft, ORGANIZATION, Stage } from "./kit.ts";

const ALONE = ["--no-leader-elect"];

describeCluster("kinds that are missing", () => {
  let stage: Stage;
  let controller: ControllerProcess;

  beforeAll(async () => {
    stage = await Stage.start({ crds: false });
  });

  afterAll(() => stage?.stop());

  it("at the start: the controller waits, says for what, and goes on by itself", async () => {
    controller = stage.launch({ args: ALONE });
    const { body } = await eventually("it is up and not ready", async () => {
      const answer = await controller.get("/readyz");
      return answer.status === 503 && answer.body.includes("[+]pods ok") && answer;
    });
    expect(body).toContain("[-]packinstalls not synced");
    expect((await controller.get("/healthz")).status).toBe(200);
    await controller.logged("it says so", ({ level, msg, resource }) => {
      return level === "warn" && resource === "packinstalls" && /not serve|missing|does not/.test(String(msg));
    });
    await installCrds(stage.admin);
    await stage.create(ORGANIZATION);
    await controller.ready(60_000);
    const scene = await stage.scene("late");
    await scene.running();
  });

  const KINDS = [PACK_CONFIGURATION, PACK_DEFINITION, PACK_ORGANIZATION];

  it.each(KINDS.map((resource) => [resource.kind, resource] as const))(
    "%s, deleted while the controller runs: nothing is uninstalled and nothing is wider until it is back",
    async (_, resource) => {
      const scene = await stage.scene("kind");
      await scene.define();
      const configuration = await scene.configure("members", withGrace(600));
      await scene.install();
      await scene.ready();
      const before = await scene.children();
      await stage.admin.delete(CUSTOM_RESOURCE_DEFINITION, { name: crdName(resource) });
      await eventually("the kind is gone", async () => {
        const { status, body } = await controller.get("/readyz");
        return status === 503 && body.includes(`[-]${resource.plural}`);
      });
      await stage.annotate(await scene.get(), { [ANNOTATION.reconcileRequestedAt]: "while it is gone" });
      await scene.install("newcomer");
      // The controller looks again every two seconds while a kind is missing.
      for (const until = performance.now() + 3_000; performance.now() < until; ) {
        const install = await scene.get();
        const { grant, policy, pod } = await scene.children();
        expect(conditionsOf(install)).toMatchObject({ Installed: "True Installed" });
        expect(install.status?.pendingUninstall).toBeUndefined();
        expect(install.status?.boundConfiguration?.name).toBe(configuration.metadata.name);
        expect(pod?.metadata.uid).toBe(before.pod?.metadata.uid);
        expect({ ...policy?.spec, egress: undefined }).toEqual({ ...before.policy?.spec, egress: undefined });
        expect(before.policy?.spec.egress).toEqual(expect.arrayContaining([...(policy?.spec.egress ?? [])]));
        expect(before.grant?.spec.hosts).toEqual(expect.arrayContaining([...(grant?.spec.hosts ?? [])]));
        expect(nothingLeft(await scene.children("newcomer"))).toBe(true);
      }
      await installCrds(stage.admin);
      if (resource === PACK_ORGANIZATION) await stage.create(ORGANIZATION);
      if (resource === PACK_CONFIGURATION) await scene.configure("members", withGrace(600));
      if (resource === PACK_DEFINITION) await scene.define();
      await scene.until("crm", { Ready: "True Succeeded" }, { deadlineMs: 60_000 });
      expect((await scene.children()).pod?.metadata.uid).toBe(before.pod?.metadata.uid);
      await stage.remove(await scene.get());
    },
  );

  it("PackGrant, deleted while the controller runs: the packs stay, and their grants come back", async () => {
    const scene = await stage.scene("grants");
    await scene.running();
    await stage.admin.delete(CUSTOM_RESOURCE_DEFINITION, { name: crdName(PACK_GRANT) }).catch(() => undefined);
    await eventually("the kind is gone", async () => (await controller.get("/readyz")).status === 503, {
      deadlineMs: 30_000,
    });
    expect((await scene.get()).status?.uninstalled).toBeUndefined();
    await installCrds(stage.admin);
    await scene.until("crm", { Ready: "True Succeeded" }, { deadlineMs: 60_000 });
    await scene.untilChildren("all are there", allThere);
    await stage.remove(await scene.get());
  });

  it("PackInstall, deleted while the controller runs: every finalizer ends, and nothing is left behind", async () => {
    const scene = await stage.scene("installs");
    await scene.running();
    await stage.admin.delete(CUSTOM_RESOURCE_DEFINITION, { name: crdName(PACK_INSTALL) });
    await eventually(
      "the kind is gone",
      async () => (await stage.find(CUSTOM_RESOURCE_DEFINITION, { name: crdName(PACK_INSTALL) })) === undefined,
      { deadlineMs: 30_000 },
    );
    await scene.untilChildren("nothing is left", nothingLeft);
  });
});
