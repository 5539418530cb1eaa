/** Bad days: kinds that are not there, or not any more. Unknown widens nothing and uninstalls nothing. */
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  CUSTOM_RESOURCE_DEFINITION,
  crdName,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_DOC,
  PACK_FOLDER,
  PACK_GRANT,
  PACK_GROUP,
  PACK_INSTALL,
  PACK_ORGANIZATION,
  type Resource,
} from "../../src/api/kinds.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { installCrds } from "../cluster/manifests.ts";
import { ANN, forGroups, inDoc, sharedWithin, withGrace } from "../gen/objects.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { allThere, conditionsOf, nothingLeft, ORGANIZATION, type Scene, Stage } from "./kit.ts";

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

  /** What the pack is there by: whatever of it is missing, somebody could think that it fits no more. */
  const PARTS: readonly (readonly [Resource, (scene: Scene) => Promise<unknown>])[] = [
    [PACK_DEFINITION, (scene) => scene.define()],
    [PACK_GROUP, (scene) => scene.group("sales", { members: [ANN] })],
    [
      PACK_CONFIGURATION,
      (scene) => scene.configure("members", withGrace(600), forGroups(`${scene.name}-sales`), sharedWithin()),
    ],
    [PACK_FOLDER, (scene) => scene.folder("top")],
    [
      PACK_DOC,
      (scene) => Promise.all(["plan", "other"].map((name) => scene.doc(name, { folderRef: { name: "top" } }))),
    ],
    [PACK_ORGANIZATION, () => stage.create(ORGANIZATION)],
  ];

  it.each(PARTS.map(([resource, make]) => [resource.kind, resource, make] as const))(
    "%s, deleted while the controller runs: nothing is uninstalled and nothing is wider until it is back",
    async (_, resource, make) => {
      const scene = await stage.scene("kind");
      for (const [kind, create] of PARTS) if (kind !== PACK_ORGANIZATION) await create(scene);
      await scene.install("crm", inDoc("plan"));
      await scene.ready();
      const before = await scene.children();
      await stage.admin.delete(CUSTOM_RESOURCE_DEFINITION, { name: crdName(resource) });
      await eventually("the kind is gone", async () => {
        const { status, body } = await controller.get("/readyz");
        return status === 503 && body.includes(`[-]${resource.plural}`);
      });
      await stage.annotate(await scene.get(), { [ANNOTATION.reconcileRequestedAt]: "while it is gone" });
      await scene.install("newcomer", inDoc("other"));
      // The controller looks again every two seconds while a kind is missing.
      for (const until = performance.now() + 3_000; performance.now() < until; ) {
        const install = await scene.get();
        const { grant, policy, pod } = await scene.children();
        expect(conditionsOf(install)).toMatchObject({ Installed: "True Installed" });
        expect(install.status?.pendingUninstall).toBeUndefined();
        expect(install.status?.boundConfiguration?.name).toBe(`${scene.name}-members`);
        expect(pod?.metadata.uid).toBe(before.pod?.metadata.uid);
        expect({ ...policy?.spec, egress: undefined }).toEqual({ ...before.policy?.spec, egress: undefined });
        expect(before.policy?.spec.egress).toEqual(expect.arrayContaining([...(policy?.spec.egress ?? [])]));
        expect(before.grant?.spec.hosts).toEqual(expect.arrayContaining([...(grant?.spec.hosts ?? [])]));
        expect(nothingLeft(await scene.children("newcomer"))).toBe(true);
      }
      await installCrds(stage.admin);
      await make(scene);
      await scene.until("crm", { Ready: "True Succeeded" }, { deadlineMs: 60_000 });
      expect((await scene.children()).pod?.metadata.uid).toBe(before.pod?.metadata.uid);
      await stage.remove(await scene.get());
      await stage.remove(await scene.get("newcomer"));
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
