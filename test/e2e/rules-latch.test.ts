/** What makes a pack leave and what never does; what it comes back by; and rules that are only tried. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACK_CONFIGURATION, PACK_DEFINITION } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { PackConfiguration, PackDefinition } from "../../src/api/v1alpha1/index.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { naming } from "../gen/accounts.ts";
import {
  ANN,
  aboutLabels,
  action,
  allowingDocs,
  allowingDomains,
  approved,
  authenticatedBy,
  BEN,
  type Change,
  changed,
  configuredBy,
  denied,
  forGroups,
  formula,
  forUsers,
  inDoc,
  installedBy,
  labelled,
  onTrial,
  organizedBy,
  packConfiguration,
  share,
  sharedWithin,
  withGrace,
} from "../gen/objects.ts";
import type { ControllerProcess } from "./controller-process.ts";
import {
  conditionsOf,
  messageOf,
  nothingLeft,
  type Scene,
  Stage,
  UNGUARDED,
  untilConditions,
  untilSeen,
} from "./kit.ts";
import { Departures, lookedAtAgain } from "./leaving.ts";
import { Timeline } from "./timeline.ts";

const CONTACT = "it@example.com";
const NEW_DOMAIN = "subsidiary.example.org";

describeCluster("the rules of staying", () => {
  let stage: Stage;
  let controller: ControllerProcess;
  let timeline: Timeline;
  let departures: Departures;

  beforeAll(async () => {
    stage = await Stage.start({ organization: changed(UNGUARDED, organizedBy({ supportContact: CONTACT })) });
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
    timeline = await Timeline.start(stage.admin);
    departures = new Departures(timeline);
  });

  afterAll(async () => {
    await timeline?.stop();
    await stage?.stop();
  });

  const installed = (scene: Scene, name = "crm") => scene.until(name, { Installed: "True Installed" });

  /** The pack of the scene, with a formula and an action, ready in its namespace. */
  const running = async (scene: Scene, ...changes: readonly Change<PackConfiguration>[]) => {
    const definition = await scene.define(
      formula("GetDeal", { parameters: [{ name: "id", type: "String" }] }),
      action("CloseDeal"),
    );
    const configuration = await scene.configure("members", ...changes);
    await scene.install();
    await scene.ready();
    return { configuration, definition };
  };

  const removed = async <T extends KubeObject>(object: T): Promise<T> => {
    await stage.remove(object);
    return object;
  };

  /** The grant as the API server has it, to the byte and the version. */
  const bytes = async (scene: Scene): Promise<string> => JSON.stringify((await scene.children()).grant);

  describe("an edit of the configuration that a pack is bound to", () => {
    const listed = (components: object) => ({ components: { allow: "Listed", ...components } });
    const named = { formulas: [{ name: "GetDeal" }] };
    const EDITS: readonly (readonly [string, object])[] = [
      ["components", listed(named)],
      ["components, all of them off,", listed({})],
      [
        "a parameter",
        listed({ formulas: [{ name: "GetDeal", parameters: [{ name: "id", rule: { values: ["1"] } }] }] }),
      ],
      ["accounts", { accounts: { allow: "Listed", types: ["Private"] } }],
      ["scopes", { oauthScopes: { allow: "Listed", allowed: ["read"] } }],
    ];

    it.each(EDITS)("S1-62 of %s changes the grant at once, and uninstalls nothing", async (_, spec) => {
      const scene = await stage.scene("edit");
      const { configuration } = await running(scene);
      const before = await scene.children();
      await stage.edit(configuration, spec);
      const { grant, pod } = await scene.untilChildren(
        "the grant follows",
        (it) => JSON.stringify(it.grant?.spec) !== JSON.stringify(before.grant?.spec),
      );
      expect(grant?.spec).toMatchObject({ state: "Active", hosts: before.grant?.spec.hosts });
      expect(pod?.metadata.uid).toBe(before.pod?.metadata.uid);
      const install = await lookedAtAgain(scene);
      expect(conditionsOf(install)).toMatchObject({ Ready: "True Succeeded", Installed: "True Installed" });
      expect(install.status?.boundConfiguration?.uid).toBe(configuration.metadata.uid);
    });

    it("S1-62 counts for new docs, too", async () => {
      const scene = await stage.scene("new-docs");
      const { configuration } = await running(scene);
      await stage.edit(configuration, listed(named));
      await scene.doc("later");
      await scene.install("later", inDoc("later"));
      await installed(scene, "later");
      const { grant } = await scene.children("later");
      expect(grant?.spec.components?.filter(({ enabled }) => enabled).map(({ name }) => name)).toEqual(["GetDeal"]);
    });

    it("S1-47 that lets more people in needs no new installation", async () => {
      const scene = await stage.scene("more");
      const { configuration } = await running(scene, forUsers(ANN));
      await scene.doc("his");
      await scene.install("his", inDoc("his"), installedBy(BEN));
      await scene.until("his", { Ready: "False NoAccessibleConfiguration" });
      const subjects = [ANN, BEN].map((name) => ({ kind: "User", name }));
      await stage.edit(configuration, { access: { subjects } });
      await installed(scene, "his");
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "True Succeeded" });
    });
  });

  it("S1-62 an account that a pack is given, or that goes, uninstalls nothing", async () => {
    const scene = await stage.scene("accounts");
    await scene.define(authenticatedBy({ type: "HeaderBearerToken" }), formula("GetDeal", { connection: "Required" }));
    await scene.configure();
    const install = await scene.install("crm", naming("nobody"));
    await scene.ready();
    await scene.until("crm", { AccountsReady: "False AccountNotFound" });
    await stage.edit(install, { accountRefs: null });
    await scene.until("crm", { Ready: "True Succeeded", AccountsReady: "False AccountRequired" });
  });

  it("S1-71 a new owned domain takes nothing from anybody, and its users are members from then on", async () => {
    const scene = await stage.scene("domain");
    await running(scene);
    const before = await scene.children();
    await scene.doc("hers");
    await scene.install("hers", inDoc("hers"), installedBy(`eve@${NEW_DOMAIN}`));
    await scene.until("hers", { Ready: "False NoAccessibleConfiguration" });
    await stage.edit(UNGUARDED, { ownedDomains: ["example.com", NEW_DOMAIN] });
    await installed(scene, "hers");
    expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "True Succeeded" });
    expect((await scene.children()).pod?.metadata.uid).toBe(before.pod?.metadata.uid);
  });

  describe("a configuration by labels", () => {
    const relabel = ({ metadata: { name } }: PackDefinition, tier: string) =>
      stage.admin.mergePatch<PackDefinition>(
        PACK_DEFINITION,
        { name },
        { metadata: { labels: { tier } } },
        { fieldManager: "test" },
      );

    it("S1-61 S1-64 is as good as deleted for a pack that it selects no more, and a wider one takes nobody over", async () => {
      const scene = await stage.scene("labels");
      const definition = await scene.define(labelled({ tier: scene.name }));
      await stage.create(packConfiguration(`${scene.name}-selected`, aboutLabels({ tier: scene.name })));
      await scene.install();
      await installed(scene);
      const wide = await scene.configure("wide", approved());
      await untilSeen(stage, wide);
      expect((await lookedAtAgain(scene)).status?.boundConfiguration?.name).toBe(`${scene.name}-selected`);
      const install = await departures.after(scene, "ConfigurationDeleted", () => relabel(definition, "other"));
      expect(install.status?.uninstalled?.configuration).toBe(`${scene.name}-selected`);
    });

    it("S1-15 denies every pack that it selects, from the moment at which it does", async () => {
      const scene = await stage.scene("labels-no");
      await stage.create(
        packConfiguration(`${scene.name}-no`, aboutLabels({ tier: scene.name }), (it) => ({
          ...denied()(it),
        })),
      );
      const { definition } = await running(scene);
      await departures.after(scene, "PackDenied", () => relabel(definition, scene.name));
    });
  });

  describe("an uninstalled pack", () => {
    const apply = async (object: KubeObject): Promise<string> => {
      const { directory, kubectl } = stage.plane.endpoint;
      const file = join(directory, `${object.metadata.namespace}.json`);
      await writeFile(file, JSON.stringify(object));
      const { stdout } = await promisify(execFile)(kubectl, [
        `--kubeconfig=${stage.plane.kubeconfig}`,
        "apply",
        "--server-side",
        "--force-conflicts",
        "-f",
        file,
      ]);
      return stdout;
    };

    it("S1-56 keeps its object, which says why, by whose rule and whom to ask; it comes back only when asked for", async () => {
      const scene = await stage.scene("latch");
      const { configuration } = await running(scene, allowingDomains("crm.com"));
      const network = (allowedDomains: string[]) => stage.edit(configuration, { network: { allowedDomains } });
      const install = await departures.after(scene, "DomainsNotAllowed", () => network(["other.com"]));
      expect(install.status?.uninstalled).toMatchObject({
        reason: "DomainsNotAllowed",
        configuration: configuration.metadata.name,
        contact: CONTACT,
        observedGeneration: install.metadata.generation,
      });
      expect(messageOf(install)).toContain("'api.crm.com'");
      expect(install.status?.sandbox).toBeUndefined();
      expect(install.status?.hosts).toBeUndefined();

      await untilSeen(stage, await network(["crm.com"]));
      const { apiVersion, kind, spec } = install;
      const name = { namespace: scene.name, name: "crm" };
      expect(await apply({ apiVersion, kind, metadata: name, spec } as KubeObject)).toContain("packinstall");
      const still = await lookedAtAgain(scene);
      expect({ ...still.status, lastHandledReconcileAt: "" }).toEqual({
        ...install.status,
        lastHandledReconcileAt: "",
      });
      expect(nothingLeft(await scene.children())).toBe(true);

      await stage.annotate(still, { [ANNOTATION.reinstallRequestedAt]: "please" });
      const back = await scene.ready();
      expect(back.status?.uninstalled).toBeUndefined();
      expect(back.status?.history?.map(({ reason }) => reason)).toEqual([
        "Installed",
        "DomainsNotAllowed",
        "Installed",
      ]);
    });

    it("S1-48 is one whose test configuration is deleted once the live one is edited, and no other", async () => {
      const scene = await stage.scene("roll-out");
      const { configuration } = await running(scene, forUsers(ANN));
      const test = await scene.configure("test", forUsers(BEN));
      await scene.doc("his");
      await scene.install("his", inDoc("his"), installedBy(BEN));
      await installed(scene, "his");
      const subjects = [ANN, BEN].map((name) => ({ kind: "User", name }));
      await stage.edit(configuration, { access: { subjects } });
      const lost = await departures.after(scene, "ConfigurationDeleted", () => removed(test), "his");
      expect(conditionsOf(await scene.get())).toMatchObject({ Ready: "True Succeeded" });
      await stage.annotate(lost, { [ANNOTATION.reinstallRequestedAt]: "1" });
      const { status } = await installed(scene, "his");
      expect(status?.boundConfiguration?.name).toBe(configuration.metadata.name);
    });
  });

  describe("within its grace period", () => {
    it("S1-65 who is back in the group has lost nothing", async () => {
      const scene = await stage.scene("grace");
      const group = await scene.group("sales", { members: [ANN] });
      await running(scene, forGroups(group.metadata.name), withGrace(600));
      const before = await scene.children();
      await stage.edit(group, { members: [] });
      const leaving = await scene.until("crm", {
        Ready: "False InstallerAccessLost",
        Installed: "True Uninstalling",
        Reconciling: "True Uninstalling",
        Stalled: null,
      });
      expect(leaving.status?.boundConfiguration).toBeDefined();
      const { grant } = await scene.children();
      expect(grant?.spec).toMatchObject({ state: "Revoked", reason: "InstallerAccessLost" });
      await stage.edit(group, { members: [ANN] });
      const back = await scene.until("crm", { Ready: "True Succeeded", Installed: "True Installed" });
      expect(back.status?.pendingUninstall).toBeUndefined();
      const after = await scene.children();
      expect(after.grant?.spec).toEqual(before.grant?.spec);
      expect(after.pod?.metadata.uid).toBe(before.pod?.metadata.uid);
      expect(back.status?.history?.map(({ reason }) => reason)).toEqual(["Installed"]);
    });

    it("a second cause that comes in place of the first does not begin it anew", async () => {
      const scene = await stage.scene("grace-two");
      const { configuration } = await running(scene, allowingDomains("crm.com"), withGrace(600));
      await stage.edit(configuration, { network: { allowedDomains: ["other.com"] } });
      const { status } = await scene.until("crm", { Ready: "False DomainsNotAllowed", Installed: "True Uninstalling" });
      await stage.edit(configuration, { network: null, access: { scope: "Subjects", subjects: [] } });
      const later = await scene.until("crm", { Ready: "False InstallerAccessLost", Installed: "True Uninstalling" });
      expect(later.status?.pendingUninstall?.deadline).toBe(status?.pendingUninstall?.deadline);
    });
  });

  describe("on trial (`enforcement: Audit`)", () => {
    const TRIALS: readonly (readonly [string, readonly Change<PackConfiguration>[], string, string])[] = [
      ["fewer domains", [allowingDomains("other.com")], "DomainsNotAllowed", "'api.crm.com'"],
      ["fewer docs", [allowingDocs("elsewhere")], "DocNotAllowed", "/plan'"],
      ["sharing within", [sharedWithin()], "SharingIncompatible", "anyone"],
    ];

    it.each(TRIALS)(
      "S1-46 a configuration with %s tells what it would do, and does nothing",
      async (_, rules, reason, words) => {
        const scene = await stage.scene("trial");
        await scene.define();
        await scene.configure("live", forUsers(ANN));
        await scene.doc("plan", { sharing: [share("Anyone")] });
        await scene.install("crm", inDoc("plan"));
        await scene.ready();
        const before = await bytes(scene);
        const trial = await scene.configure("trial", onTrial(), ...rules);
        const told = await scene.until("crm", { Ready: "True Succeeded", PolicyFit: `False ${reason}` });
        expect(messageOf(told, "PolicyFit")).toContain(words);
        expect(messageOf(told, "PolicyFit")).toContain(trial.metadata.name);
        expect(told.status?.trials).toMatchObject([{ configuration: trial.metadata.name, reason }]);
        const { name } = trial.metadata;
        const counted = await eventually("the configuration tells", async () => {
          const object = await stage.admin.get<PackConfiguration>(PACK_CONFIGURATION, { name });
          return object.status?.violations === 1 && object;
        });
        expect(counted.status?.violating).toMatchObject([{ namespace: scene.name, name: "crm", reason }]);
        expect(counted.status?.installs).toBe(0);
        expect(await controller.metric("packs_trial_violations", { configuration: name })).toBe(1);
        expect(await bytes(scene)).toBe(before);

        await stage.edit(trial, { network: null, doc: null });
        await scene.until("crm", { PolicyFit: "True WithinPolicy" });
        expect((await scene.get()).status?.trials).toBeUndefined();
        await untilConditions(stage, PACK_CONFIGURATION, { name }, { Accepted: "True" });
        await eventually("the configuration tells that all fit", async () => {
          const { status } = await stage.admin.get<PackConfiguration>(PACK_CONFIGURATION, { name });
          return status?.violations === 0 && status.violating === undefined;
        });
        expect(await controller.metric("packs_trial_violations", { configuration: name })).toBe(0);
        await stage.remove(trial);
        await scene.until("crm", { PolicyFit: null });
        expect(await controller.metric("packs_trial_violations", { configuration: name })).toBeUndefined();
        expect(await bytes(scene)).toBe(before);
      },
    );

    it("S1-46 a configuration lets nobody in, and concerns only those whom it would admit", async () => {
      const scene = await stage.scene("trial-in");
      const { configuration } = await running(scene, forUsers(ANN));
      const before = await bytes(scene);
      await scene.doc("his");
      await scene.install("his", inDoc("his"), installedBy(BEN));
      await scene.configure("trial", onTrial(), forUsers(BEN), allowingDomains("other.com"));
      const his = await scene.until("his", { Ready: "False NoAccessibleConfiguration" });
      expect(nothingLeft(await scene.children("his"))).toBe(true);
      await scene.until("his", { PolicyFit: "False DomainsNotAllowed" });
      const hers = await lookedAtAgain(scene);
      expect(conditionsOf(hers)).not.toHaveProperty("PolicyFit");
      expect(hers.status?.boundConfiguration?.uid).toBe(configuration.metadata.uid);
      expect(await bytes(scene)).toBe(before);
      await stage.edit(his, { configurationRef: { name: `${scene.name}-trial` } });
      await scene.until("his", { Ready: "False ConfigurationNotAccessible" });
    });

    it("S1-51 S1-46 a configuration that is enforced in the end takes over nobody who is bound already", async () => {
      const scene = await stage.scene("trial-end");
      await running(scene);
      const trial = await scene.configure("trial", onTrial(), allowingDomains("other.com"));
      await scene.until("crm", { PolicyFit: "False DomainsNotAllowed", Ready: "True Succeeded" });
      await stage.edit(trial, { enforcement: "Enforce" });
      await scene.until("crm", { PolicyFit: null, Ready: "True Succeeded" });
      expect((await scene.get()).status?.boundConfiguration?.name).toBe(`${scene.name}-members`);
    });
  });

  it("S1-45 are all acted on in time", async () => {
    const scene = await stage.scene("time");
    await running(scene, configuredBy({}));
    await departures.expectSoon(scene);
  });
});
