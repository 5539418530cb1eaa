/** A mistaken edit would uninstall every pack: it stops, and nothing is lost. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EVENT, PACK_INSTALL, PACK_ORGANIZATION } from "../../src/api/kinds.ts";
import { ORGANIZATION_NAME } from "../../src/api/names.ts";
import type { PackConfiguration, PackInstall, PackOrganization } from "../../src/api/v1alpha1/index.ts";
import type { KubeEvent } from "../../src/api/wire.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import {
  ANN,
  about,
  BEN,
  forUsers,
  inNamespace,
  of,
  packConfiguration,
  packDefinition,
  packInstall,
} from "../gen/objects.ts";
import { bundled, packctl } from "../golden/program.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { allThere, type Children, messageOf, nothingLeft, type Scene, Stage, untilOrganization } from "./kit.ts";

const PACK = "crm";
const MANY = 30;

const subjects = (...users: readonly string[]) => ({
  access: { scope: "Subjects", subjects: users.map((name) => ({ kind: "User", name })) },
});

describeCluster("the uninstall guard", () => {
  let stage: Stage;
  let controller: ControllerProcess;
  let configuration: PackConfiguration;
  let scenes: readonly Scene[];
  let folder: string;
  let program: string;

  const children = (): Promise<readonly Children[]> => Promise.all(scenes.map((scene) => scene.children()));

  const installs = async (): Promise<readonly PackInstall[]> =>
    (await stage.admin.list<PackInstall>(PACK_INSTALL)).items;

  /** Waits until every grant is in this state; gives all generated objects. */
  const untilGrants = (state: string): Promise<readonly Children[]> =>
    eventually(
      `every grant is ${state}`,
      async () => {
        const all = await children();
        return all.every(({ grant }) => grant?.spec.state === state) && all;
      },
      { deadlineMs: 30_000 },
    );

  const organization = (): Promise<PackOrganization> =>
    stage.admin.get<PackOrganization>(PACK_ORGANIZATION, { name: ORGANIZATION_NAME });

  const paused = (): Promise<PackOrganization> =>
    eventually("all of them wait", async () => {
      const found = await untilOrganization(stage, { UninstallPaused: "True", Ready: "False UninstallPaused" });
      return found.status?.uninstallGuard?.waiting === MANY && found;
    });

  const podsOf = (all: readonly Children[]): readonly (string | undefined)[] => all.map(({ pod }) => pod?.metadata.uid);

  const launch = async (): Promise<void> => {
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "packs-guard-"));
    [stage, program] = await Promise.all([Stage.start(), bundled(folder)]);
    await launch();
    await stage.create(packDefinition(PACK));
    configuration = await stage.create(packConfiguration("members", about(PACK), forUsers(ANN)));
    scenes = await Promise.all(Array.from({ length: MANY }, () => stage.scene("many")));
    for (const { name } of scenes) await stage.create(packInstall(PACK, inNamespace(name), of(PACK)));
    await untilGrants("Active");
  });

  afterAll(async () => {
    await stage?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("stops a mistaken edit: grants are revoked, nothing is removed, and it says so once", async () => {
    const before = await eventually("everything is there", async () => {
      const all = await children();
      return all.every(allThere) && all;
    });
    await stage.edit(configuration, subjects(BEN));
    const after = await untilGrants("Revoked");
    const { status } = await paused();
    expect(podsOf(after)).toEqual(podsOf(before));
    expect(after.every(allThere)).toBe(true);
    expect(status?.uninstallGuard).toMatchObject({ paused: true, waiting: MANY });
    expect(messageOf(await organization(), "UninstallPaused")).toContain(
      `${MANY} of ${MANY} packs would be uninstalled within 300 seconds, and only 10 may be`,
    );
    for (const { name } of scenes) {
      const install = await stage.admin.get<PackInstall>(PACK_INSTALL, { namespace: name, name: PACK });
      expect(install.status?.uninstalled).toBeUndefined();
      expect(install.status?.pendingUninstall).toMatchObject({ reason: "InstallerAccessLost" });
    }
    await scenes[0]?.until(PACK, {
      Ready: "False UninstallPaused",
      Accepted: "False InstallerAccessLost",
      Installed: "True Uninstalling",
      Reconciling: null,
      Stalled: null,
    });
    const events = await eventually("there is an Event about the organization", async () => {
      const { items } = await stage.admin.list<KubeEvent>(EVENT, { namespace: "default" });
      const about = items.filter(
        ({ reason, regarding }) => regarding.kind === "PackOrganization" && reason === "UninstallPaused",
      );
      return about.length > 0 && about;
    });
    expect(events.map(({ type }) => type)).toEqual(["Warning"]);
    expect(await controller.metric("packs_uninstall_guard_paused")).toBe(1);
    expect(await controller.metric("packs_uninstall_guard_waiting")).toBe(MANY);
    expect(await controller.metric("packs_uninstalls_total")).toBeUndefined();
  });

  it("gives everything back when the edit is undone, and ends by itself", async () => {
    const before = await children();
    await stage.edit(configuration, subjects(ANN));
    const after = await untilGrants("Active");
    expect(podsOf(after)).toEqual(podsOf(before));
    await untilOrganization(stage, { UninstallPaused: null, Ready: "True" });
    expect((await organization()).status?.uninstallGuard).toEqual({ paused: false });
    expect((await installs()).every(({ status }) => status?.pendingUninstall === undefined)).toBe(true);
  });

  it("lets a single pack leave within two seconds", async () => {
    const [scene] = scenes;
    if (scene === undefined) throw new Error("there is no scene");
    const left = performance.now();
    const name = `${PACK}-twice`;
    await stage.create(packDefinition(name));
    const other = await stage.create(packConfiguration("others", about(name)));
    await stage.create(packInstall("other", inNamespace(scene.name), of(name)));
    await scene.until("other", { Installed: "True" });
    expect(performance.now() - left).toBeLessThan(10_000);
    const asked = performance.now();
    await stage.remove(other);
    await scene.until("other", { Installed: "False ConfigurationDeleted" });
    expect(performance.now() - asked).toBeLessThan(2_000);
    await scene.untilChildren("nothing is left", nothingLeft, "other");
  });

  it("is not forgotten when the controller starts again, and goes on when an administrator resumes", async () => {
    await stage.edit(configuration, subjects(BEN));
    await untilGrants("Revoked");
    const { status: before } = await paused();
    await controller.stop();
    await launch();
    await eventually("the installs were looked at again", async () => {
      const total = await controller.metric("packs_controller_reconcile_total", {
        controller: "packinstall",
        result: "success",
      });
      return (total ?? 0) >= MANY;
    });
    expect((await paused()).status?.uninstallGuard).toEqual(before?.uninstallGuard);
    expect((await children()).every(allThere)).toBe(true);

    const { code, stdout } = await packctl(["uninstall", "resume", "--kubeconfig", stage.plane.kubeconfig], {
      program,
    });
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${MANY} installs waiting`)]);
    await eventually("all of them are gone", async () => (await children()).every(nothingLeft), { deadlineMs: 20_000 });
    await untilOrganization(stage, { UninstallPaused: null, Ready: "True" });
    const crm = (await installs()).filter(({ spec }) => spec.packRef.name === PACK);
    expect(crm.map(({ status }) => status?.uninstalled?.reason)).toEqual(crm.map(() => "InstallerAccessLost"));
  });
});
