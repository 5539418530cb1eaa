/** The main job on a real Kubernetes API: a pack is declared, installed, kept within the policies, and uninstalled. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EVENT, NAMESPACE, PACK_INSTALL, PACK_ORGANIZATION } from "../../src/api/kinds.ts";
import { ANNOTATION, INSTALL_FINALIZER, ORGANIZATION_NAME } from "../../src/api/names.ts";
import type { PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { KubeEvent } from "../../src/api/wire.ts";
import { childName } from "../../src/resources/identity.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { kstatusOf, type Observed } from "../gen/kstatus.ts";
import {
  ANN,
  action,
  allowingDocs,
  allowingDomains,
  approved,
  BEN,
  choosing,
  denied,
  enabling,
  formula,
  forUsers,
  inNamespace,
  installedBy,
  OUTSIDER,
  of,
  onTrial,
  openToMembers,
  organization,
  packInstall,
  reaching,
  suspended,
  withGrace,
} from "../gen/objects.ts";
import { withoutBinding } from "./admission-kit.ts";
import type { ControllerProcess } from "./controller-process.ts";
import {
  allThere,
  type Children,
  conditionsOf,
  messageOf,
  nothingLeft,
  type Scene,
  Stage,
  UNGUARDED,
  untilOrganization,
} from "./kit.ts";
import { childMoments, lookedAtAgain, namespaceOf, REVOKED_FIRST, untilUninstalled } from "./leaving.ts";
import { Timeline } from "./timeline.ts";

const run = promisify(execFile);

const hostsOf = ({ grant }: Children): readonly string[] => (grant?.spec.hosts ?? []).map(({ domain }) => domain);

describeCluster("the main job", () => {
  let stage: Stage;
  let controller: ControllerProcess;
  let timeline: Timeline;

  beforeAll(async () => {
    stage = await Stage.start({ organization: UNGUARDED });
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
    timeline = await Timeline.start(stage.admin);
  });

  afterAll(async () => {
    await timeline?.stop();
    await stage?.stop();
  });

  /** A policy keeps it as long as there are installs. */
  const withoutOrganization = (): Promise<void> =>
    withoutBinding(stage.admin, "packs-organization", () => stage.remove(UNGUARDED));

  const eventsAbout = async (install: PackInstall): Promise<readonly KubeEvent[]> => {
    const { items } = await stage.admin.list<KubeEvent>(EVENT, { namespace: install.metadata.namespace ?? "" });
    return items.filter(({ regarding }) => regarding.uid === install.metadata.uid);
  };

  describe("installing", () => {
    it("makes the fence first, then the grant, then the pod, and tells at the end", async () => {
      const scene = await stage.scene("order");
      await scene.define();
      await scene.configure();
      await scene.install();
      const install = await scene.until("crm", { Installed: "True Installed" });
      await expect
        .poll(() => childMoments(timeline, scene))
        .toEqual(["ADDED NetworkPolicy", "ADDED PackGrant Active", "ADDED Pod"]);
      const pod = timeline.of("Pod", `packs-sandboxes/${childName(scene.name, "crm")}`)[0];
      const [told] = timeline
        .of("PackInstall", `${scene.name}/crm`)
        .filter(({ object }) => "Installed" in conditionsOf(object));
      expect(told?.version).toBeGreaterThan(pod?.version ?? Number.NaN);
      expect(install.metadata.finalizers).toEqual([INSTALL_FINALIZER]);
      expect(install.status?.sandbox).toEqual({
        namespace: "packs-sandboxes",
        grant: childName(scene.name, "crm"),
        networkPolicy: childName(scene.name, "crm"),
        pod: childName(scene.name, "crm"),
      });
    });

    it("S0-2 S0-4 gives a grant that holds the declared domains and nothing else", async () => {
      const scene = await stage.scene("grant");
      await scene.define(reaching("api.crm.com", "files.crm.com"));
      await scene.configure();
      await scene.install();
      await scene.until("crm", { Installed: "True" });
      const children = await scene.children();
      expect(children.grant?.spec).toMatchObject({
        state: "Active",
        pack: scene.name,
        install: { namespace: scene.name, name: "crm" },
        configuration: { name: `${scene.name}-members` },
        hosts: [
          { domain: "api.crm.com", auth: "None" },
          { domain: "files.crm.com", auth: "None" },
        ],
      });
      expect(children.policy?.spec.egress).toHaveLength(1);
      expect(children.policy?.metadata.annotations?.[ANNOTATION.domains]).toBe("api.crm.com,files.crm.com");
    });

    it("S0-22 gives a pack without domains no way out at all", async () => {
      const scene = await stage.scene("silent");
      await scene.define(reaching());
      await scene.configure();
      await scene.install();
      await scene.until("crm", { Installed: "True" });
      const { grant, policy } = await scene.children();
      expect(policy?.spec.policyTypes).toEqual(["Ingress", "Egress"]);
      expect(policy?.spec.egress ?? []).toEqual([]);
      expect(grant?.spec.hosts ?? []).toEqual([]);
    });

    it("S0-4 is Ready only once the pod has proved its fence and answers", async () => {
      const scene = await stage.scene("proof");
      await scene.define();
      await scene.configure();
      await scene.install();
      await scene.until("crm", {
        Ready: "False Proving",
        NetworkEnforced: "Unknown Proving",
        SandboxReady: "False SandboxPending",
        Installed: "True Installed",
        Reconciling: "True Progressing",
      });
      await scene.startPod("crm", { ready: false });
      await scene.until("crm", { Ready: "False SandboxPending", NetworkEnforced: "True Enforced" });
      await scene.startPod();
      const install = await scene.until("crm", { Ready: "True Succeeded", Reconciling: null, Stalled: null });
      expect(kstatusOf(install)).toBe("Current");
    });

    it.each(["EgressOpen", "OwnNodeReachable", "GatewayUnreachable", "SourceRewritten"])(
      "is not Ready when the proof says %s, and says so",
      async (result) => {
        const scene = await stage.scene("open");
        await scene.define();
        await scene.configure();
        await scene.install();
        await scene.startPod("crm", { result });
        const install = await scene.until("crm", { Ready: `False ${result}`, NetworkEnforced: `False ${result}` });
        expect(messageOf(install)).toBe(`the proof says ${result}.`);
        expect(kstatusOf(install)).toBe("InProgress");
      },
    );

    it("is what kubectl wait and kstatus understand, at every moment", async () => {
      const scene = await stage.scene("wait");
      await scene.define();
      await scene.configure();
      await scene.install();
      const { kubectl } = stage.plane.endpoint;
      const waiting = run(kubectl, [
        `--kubeconfig=${stage.plane.kubeconfig}`,
        "wait",
        "--for=condition=Ready",
        "--timeout=20s",
        "-n",
        scene.name,
        "packinstall/crm",
      ]);
      await scene.ready();
      expect((await waiting).stdout).toContain("condition met");
      const states = timeline
        .of("PackInstall", `${scene.name}/crm`)
        .map(({ object }) => kstatusOf(object as unknown as Observed));
      expect(new Set(states.slice(0, -1))).toEqual(new Set(["InProgress"]));
      expect(states.at(-1)).toBe("Current");
    });

    const PARTS = ["define", "configure", "install"] as const;
    const orders = PARTS.flatMap((first) =>
      PARTS.filter((it) => it !== first).map((second) => [
        first,
        second,
        PARTS.find((it) => it !== first && it !== second) ?? first,
      ]),
    ) as (typeof PARTS)[number][][];

    it.each(orders)("converges when the objects arrive in the order %s, %s, %s", async (...order) => {
      const scene = await stage.scene("any-order");
      for (const part of order) {
        await scene[part]();
        if (order.indexOf("install") <= order.indexOf(part) && part !== order.at(-1)) {
          const install = await scene.until("crm", { Installed: "False" });
          expect(nothingLeft(await scene.children())).toBe(true);
          expect(install.metadata.finalizers ?? []).toEqual([]);
        }
      }
      await scene.ready();
    });

    it("waits for a pack that does not exist yet, without calling it a failure", async () => {
      const scene = await stage.scene("early");
      await scene.configure();
      await scene.install();
      const install = await scene.until("crm", { Ready: "False PackNotFound", Stalled: null });
      expect(kstatusOf(install)).toBe("InProgress");
      expect(messageOf(install)).toContain(`'${scene.name}'`);
      await scene.define();
      await scene.ready();
    });

    it("keeps two installs of one name in two namespaces apart", async () => {
      const [one, two] = [await stage.scene("twin"), await stage.scene("twin")];
      await one.define();
      await one.configure();
      await one.install("same");
      await stage.create(packInstall("same", inNamespace(two.name), of(one.name)));
      await one.until("same", { Installed: "True" });
      await two.until("same", { Installed: "True" });
      const [first, second] = [await one.children("same"), await two.children("same")];
      expect(first.grant?.metadata.name).not.toBe(second.grant?.metadata.name);
      expect(first.policy?.spec.podSelector).not.toEqual(second.policy?.spec.podSelector);
      await stage.remove(await one.get("same"));
      await one.untilChildren("the first is gone", nothingLeft, "same");
      expect(allThere(await two.children("same"))).toBe(true);
    });

    it("refuses a second install of a pack in a doc, until the first is gone", async () => {
      const scene = await stage.scene("twice");
      await scene.running();
      await scene.install("again");
      const second = await scene.until("again", { Ready: "False AlreadyInstalled", Stalled: "True AlreadyInstalled" });
      expect(messageOf(second)).toContain("'crm'");
      expect(nothingLeft(await scene.children("again"))).toBe(true);
      await stage.remove(await scene.get());
      await scene.ready("again");
    });

    it("installs one of many installs of a pack that are created in a doc at once", async () => {
      const scene = await stage.scene("crowd");
      await scene.define();
      await scene.configure();
      const names = Array.from({ length: 8 }, (_, index) => `crowd-${index}`);
      await Promise.all(names.map((name) => scene.install(name)));
      const readiness = async () =>
        Promise.all(names.map(async (name) => conditionsOf(await scene.get(name))["Ready"] ?? ""));
      const isRefused = (ready: string): boolean => ready.includes("AlreadyInstalled");
      await expect.poll(async () => (await readiness()).filter(isRefused).length).toBe(names.length - 1);
      const kept = await Promise.all(names.map(async (name) => allThere(await scene.children(name))));
      expect(kept.filter(Boolean)).toHaveLength(1);
    });
  });

  describe("who may", () => {
    it("S1-52 refuses an installer whom no configuration admits, and installs once one does", async () => {
      const scene = await stage.scene("nobody");
      await scene.define();
      const configuration = await scene.configure("few", forUsers(BEN));
      await scene.install();
      const install = await scene.until("crm", {
        Ready: "False NoAccessibleConfiguration",
        Stalled: "True NoAccessibleConfiguration",
      });
      expect(messageOf(install)).toContain(ANN);
      expect(nothingLeft(await scene.children())).toBe(true);
      await stage.edit(configuration, { access: { subjects: [{ kind: "User", name: ANN }] } });
      await scene.ready();
    });

    it("S1-16 never admits an outsider by a Configured configuration, not even by name", async () => {
      const scene = await stage.scene("outsider");
      await scene.define();
      await scene.configure("named", forUsers(OUTSIDER));
      await scene.install("crm", installedBy(OUTSIDER));
      await scene.until("crm", { Ready: "False NoAccessibleConfiguration" });
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it("S1-14 admits anybody, outsiders too, by an Approved one", async () => {
      const scene = await stage.scene("approved");
      await scene.define();
      await scene.configure("all", approved());
      await scene.install("crm", installedBy(OUTSIDER));
      await scene.ready();
      expect((await scene.children()).grant?.spec.access).toMatchObject({ state: "Approved" });
    });

    it("S1-15 installs for nobody while a configuration is Denied, whatever others say", async () => {
      const scene = await stage.scene("denied");
      await scene.define();
      await scene.configure("all", approved());
      const denial = await scene.configure("no", denied());
      await scene.install();
      const install = await scene.until("crm", { Ready: "False PackDenied", Stalled: "True PackDenied" });
      expect(messageOf(install)).toContain(`'${scene.name}-no'`);
      expect(nothingLeft(await scene.children())).toBe(true);
      await stage.remove(denial);
      await scene.ready();
    });

    it("S1-53 asks which of several configurations, and binds the one that is named", async () => {
      const scene = await stage.scene("several");
      await scene.define();
      await scene.configure("a");
      await scene.configure("b");
      const created = await scene.install();
      const install = await scene.until("crm", { Ready: "False ConfigurationAmbiguous" });
      expect(install.status?.candidates).toEqual([`${scene.name}-a`, `${scene.name}-b`]);
      await stage.edit(created, { configurationRef: { name: `${scene.name}-b` } });
      const bound = await scene.ready();
      expect(bound.status?.boundConfiguration?.name).toBe(`${scene.name}-b`);
      expect(bound.status?.candidates).toBeUndefined();
    });

    it("waits for the configuration that is named", async () => {
      const scene = await stage.scene("named");
      await scene.define();
      await scene.install("crm", choosing(`${scene.name}-later`));
      await scene.until("crm", { Ready: "False ConfigurationNotFound", Stalled: null });
      await scene.configure("later");
      await scene.ready();
    });

    it("refuses a named configuration that does not admit the installer", async () => {
      const scene = await stage.scene("locked");
      await scene.define();
      await scene.configure("all");
      await scene.configure("ben", forUsers(BEN));
      await scene.install("crm", choosing(`${scene.name}-ben`));
      await scene.until("crm", { Ready: "False ConfigurationNotAccessible", Stalled: "True" });
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it("does not install where the domains or the doc do not fit, and does once they do", async () => {
      const scene = await stage.scene("unfit");
      await scene.define();
      const narrow = await scene.configure("narrow", allowingDomains("other.com"), allowingDocs("elsewhere"));
      await scene.install();
      await scene.until("crm", { Ready: "False DomainsNotAllowed", Stalled: "True" });
      await stage.edit(narrow, { network: { allowedDomains: ["crm.com"] } });
      await scene.until("crm", { Ready: "False DocNotAllowed", Stalled: "True" });
      expect(nothingLeft(await scene.children())).toBe(true);
      await stage.edit(narrow, { doc: { sharing: { allowedDocs: [scene.name] } } });
      await scene.ready();
    });

    it("S1-51 keeps the binding until uninstall: no edit, and no wider configuration, changes it", async () => {
      const scene = await stage.scene("bound");
      const install = await scene.running();
      await scene.configure("wide", approved());
      expect((await lookedAtAgain(scene)).status?.boundConfiguration?.name).toBe(`${scene.name}-members`);
      await expect(stage.edit(install, { configurationRef: { name: `${scene.name}-wide` } })).rejects.toThrow(
        /must not be changed while the pack is installed/,
      );
      expect(conditionsOf(await scene.get())).toMatchObject({ Ready: "True Succeeded" });
    });
  });

  describe("staying installed", () => {
    it("S1-45 shrinks the grant at once when the definition loses a domain, and uninstalls nothing", async () => {
      const scene = await stage.scene("shrink");
      const definition = await scene.define(reaching("api.crm.com", "files.crm.com"));
      await scene.configure();
      await scene.install();
      await scene.ready();
      const pod = (await scene.children()).pod?.metadata.uid;
      await stage.edit(definition, { networkDomains: ["api.crm.com"] });
      const asked = performance.now();
      const children = await scene.untilChildren("the grant shrinks", (it) => hostsOf(it).length === 1);
      expect(performance.now() - asked).toBeLessThan(5_000);
      expect(hostsOf(children)).toEqual(["api.crm.com"]);
      expect(children.pod?.metadata.uid).toBe(pod);
      const hosts = async () => (await scene.until("crm", { Ready: "True Succeeded" })).status?.hosts;
      await expect.poll(hosts).toEqual(["api.crm.com"]);
    });

    it("closes every way out when the definition loses its last domain, grant first", async () => {
      const scene = await stage.scene("close");
      const definition = await scene.define();
      await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.edit(definition, { networkDomains: [] });
      await scene.untilChildren("the policy has no egress rule", (it) => (it.policy?.spec.egress ?? []).length === 0);
      await expect
        .poll(() => childMoments(timeline, scene).slice(-4))
        .toEqual(["MODIFIED PackGrant Active", "DELETED Pod", "MODIFIED NetworkPolicy", "ADDED Pod"]);
      expect(hostsOf(await scene.children())).toEqual([]);
    });

    it("opens the fence before there is a pod that could use it when the definition gains its first domain", async () => {
      const scene = await stage.scene("grow");
      const definition = await scene.define(reaching());
      await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.edit(definition, { networkDomains: ["api.crm.com"] });
      await scene.untilChildren("the grant grows", (it) => hostsOf(it).length === 1);
      await expect
        .poll(() => childMoments(timeline, scene).slice(-4))
        .toEqual(["MODIFIED PackGrant Active", "DELETED Pod", "MODIFIED NetworkPolicy", "ADDED Pod"]);
      await scene.ready();
    });

    it("S1-54 S1-62 never uninstalls for an edit of components; the status says which are off and why", async () => {
      const scene = await stage.scene("parts");
      await scene.define(formula("GetDeal"), action("CloseDeal"));
      const configuration = await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.edit(configuration, { components: { allow: "Listed", fetches: "Allow", actions: "Deny" } });
      const install = await eventually("the action is off", async () => {
        const now = await scene.get();
        return now.status?.components?.some(({ state }) => state === "Disabled") && now;
      });
      expect(install.status?.components).toEqual([
        { kind: "Formula", name: "CloseDeal", state: "Disabled", reason: "ActionsDenied" },
        { kind: "Formula", name: "GetDeal", state: "Enabled" },
      ]);
      expect(conditionsOf(install)).toMatchObject({ Ready: "True Succeeded", Installed: "True Installed" });
      await stage.edit(configuration, { components: { actions: null, fetches: null } });
      await eventually("everything is off", async () =>
        (await scene.get()).status?.components?.every(({ state }) => state === "Disabled"),
      );
      expect(conditionsOf(await scene.get())).toMatchObject({ Ready: "True Succeeded", Installed: "True Installed" });
      const enabled = (await scene.children()).grant?.spec.components?.map((component) => component.enabled);
      expect(enabled).toEqual([false, false]);
    });

    it("suspends the grant while the definition is not accepted, and recovers by itself", async () => {
      const scene = await stage.scene("rejected");
      const definition = await scene.define();
      await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.edit(definition, { networkDomains: ["github.io"] });
      await scene.until("crm", { Ready: "False DefinitionNotAccepted", Installed: "True Installed" });
      const { grant, pod } = await scene.children();
      expect(grant?.spec).toMatchObject({ state: "Suspended", reason: "DefinitionNotAccepted" });
      expect(pod).toBeDefined();
      await stage.edit(definition, { networkDomains: ["api.crm.com"] });
      await scene.until("crm", { Ready: "True Succeeded" });
      expect((await scene.children()).grant?.spec.state).toBe("Active");
    });

    it("rests while it is suspended: Ready, but without pod, policy or an active grant", async () => {
      const scene = await stage.scene("rest");
      const install = await scene.running();
      await stage.edit(install, { suspend: true });
      const resting = await scene.until("crm", { Ready: "True Suspended", Suspended: "True Suspended", Stalled: null });
      expect(kstatusOf(resting)).toBe("Current");
      expect(resting.status?.boundConfiguration?.name).toBe(`${scene.name}-members`);
      const { grant } = await scene.untilChildren("pod and policy are gone", (it) => !it.pod && !it.policy);
      expect(grant?.spec).toMatchObject({ state: "Suspended", reason: "Suspended" });
      await stage.edit(install, { suspend: false });
      await scene.ready();
      expect((await scene.children()).grant?.spec.state).toBe("Active");
    });

    it("can be installed at rest", async () => {
      const scene = await stage.scene("born-resting");
      await scene.define();
      await scene.configure();
      await scene.install("crm", suspended());
      await scene.until("crm", { Ready: "True Suspended", Installed: "True" });
      const { grant, pod, policy } = await scene.children();
      expect([grant?.spec.state, pod, policy]).toEqual(["Suspended", undefined, undefined]);
    });

    it("uninstalls a pack at rest, too, when its configuration goes", async () => {
      const scene = await stage.scene("resting-end");
      await scene.define();
      const configuration = await scene.configure();
      await scene.install("crm", suspended());
      await scene.until("crm", { Ready: "True Suspended" });
      await stage.remove(configuration);
      await untilUninstalled(scene, "ConfigurationDeleted");
    });
  });

  describe("uninstalling", () => {
    it("S1-56 revokes first, then removes pod and grant and at last the fence, and keeps the install as the record", async () => {
      const scene = await stage.scene("out");
      const definition = await scene.define();
      await scene.configure("narrow", allowingDomains("crm.com"));
      await scene.install();
      await scene.ready();
      const before = (await controller.metric("packs_uninstalls_total", { reason: "DomainsNotAllowed" })) ?? 0;
      await stage.edit(definition, { networkDomains: ["api.other.com"] });
      const install = await untilUninstalled(scene, "DomainsNotAllowed");
      await expect.poll(() => childMoments(timeline, scene).slice(-4)).toEqual(REVOKED_FIRST);
      expect(install.status?.uninstalled).toMatchObject({ configuration: `${scene.name}-narrow` });
      expect(messageOf(install)).toContain("'api.other.com'");
      expect(messageOf(install)).toContain(`'${scene.name}-narrow'`);
      expect(install.status?.history?.map(({ reason }) => reason)).toEqual(["DomainsNotAllowed", "Installed"]);
      const told = await eventually("an event tells it", async () =>
        (await eventsAbout(install)).find(({ reason }) => reason === "DomainsNotAllowed"),
      );
      expect(told).toMatchObject({ type: "Warning", action: "Uninstall" });
      expect(await controller.metric("packs_uninstalls_total", { reason: "DomainsNotAllowed" })).toBe(before + 1);
    });

    it("uninstalls when the configuration allows a domain no more", async () => {
      const scene = await stage.scene("narrower");
      await scene.define();
      const configuration = await scene.configure("narrow", allowingDomains("crm.com"));
      await scene.install();
      await scene.ready();
      await stage.edit(configuration, { network: { allowedDomains: ["other.com"] } });
      await untilUninstalled(scene, "DomainsNotAllowed");
    });

    it("uninstalls when the definition is deleted", async () => {
      const scene = await stage.scene("gone");
      const definition = await scene.define();
      await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.remove(definition);
      await untilUninstalled(scene, "PackNotFound");
    });

    it("S1-15 uninstalls everywhere when a configuration of the pack becomes Denied", async () => {
      const [one, two] = [await stage.scene("deny"), await stage.scene("deny")];
      await one.running();
      await stage.create(packInstall("crm", inNamespace(two.name), of(one.name), installedBy(BEN)));
      await two.until("crm", { Installed: "True" });
      await one.configure("no", denied());
      await untilUninstalled(one, "PackDenied");
      await untilUninstalled(two, "PackDenied");
    });

    it("S1-64 uninstalls when the bound configuration is deleted", async () => {
      const scene = await stage.scene("unbound");
      await scene.define();
      const configuration = await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.remove(configuration);
      const install = await untilUninstalled(scene, "ConfigurationDeleted");
      expect(install.status?.uninstalled?.configuration).toBe(configuration.metadata.name);
    });

    it("S1-51 does not move to another configuration when the bound one is deleted", async () => {
      const scene = await stage.scene("no-move");
      await scene.define();
      const configuration = await scene.configure();
      await scene.install();
      await scene.ready();
      await scene.configure("other", approved());
      await stage.remove(configuration);
      await untilUninstalled(scene, "ConfigurationDeleted");
    });

    it("takes a configuration that is only tried for none (`enforcement: Audit`)", async () => {
      const scene = await stage.scene("trial");
      await scene.define();
      const configuration = await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.edit(configuration, { enforcement: "Audit" });
      await untilUninstalled(scene, "ConfigurationDeleted");
    });

    it("S1-68 uninstalls when the installer's permission is removed and the doc has no owner", async () => {
      const scene = await stage.scene("lost");
      await scene.define();
      const configuration = await scene.configure("few", forUsers(ANN, BEN));
      await scene.install();
      await scene.ready();
      await stage.edit(configuration, { access: { subjects: [{ kind: "User", name: BEN }] } });
      const install = await untilUninstalled(scene, "InstallerAccessLost");
      expect(messageOf(install)).toContain(ANN);
    });

    it("S1-69 stays while the doc's owner has access, and goes when neither has", async () => {
      const scene = await stage.scene("owner");
      await stage.annotate(namespaceOf(scene), { [ANNOTATION.owner]: BEN });
      await scene.define();
      const configuration = await scene.configure("few", forUsers(ANN, BEN));
      await scene.install();
      await scene.ready();
      await stage.edit(configuration, { access: { subjects: [{ kind: "User", name: BEN }] } });
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "True Succeeded" });
      await stage.annotate(namespaceOf(scene), { [ANNOTATION.owner]: null });
      await untilUninstalled(scene, "InstallerAccessLost");
    });

    it("S1-69 stays while the installer has access, whoever owns the doc", async () => {
      const scene = await stage.scene("stranger");
      await scene.define();
      await scene.configure("few", forUsers(ANN));
      await scene.install();
      await scene.ready();
      await stage.annotate(namespaceOf(scene), { [ANNOTATION.owner]: OUTSIDER });
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "True Succeeded" });
    });

    it("S1-63 uninstalls when the doc is not listed any more", async () => {
      const scene = await stage.scene("doc");
      await scene.define();
      const configuration = await scene.configure("docs");
      await stage.edit(configuration, { doc: { sharing: { allow: "Listed", allowedDocs: [scene.name] } } });
      await scene.install();
      await scene.ready();
      await stage.edit(configuration, { doc: { sharing: { allowedDocs: ["elsewhere"] } } });
      const install = await untilUninstalled(scene, "DocNotAllowed");
      expect(messageOf(install)).toContain(`'${scene.name}'`);
    });

    it("gives back everything when the cause goes away within the grace period", async () => {
      const scene = await stage.scene("grace");
      await scene.define();
      const configuration = await scene.configure("slow", allowingDomains("crm.com"), withGrace(600));
      await scene.install();
      await scene.ready();
      const { pod } = await scene.children();
      await stage.edit(configuration, { network: { allowedDomains: ["other.com"] } });
      const leaving = await scene.until("crm", {
        Ready: "False DomainsNotAllowed",
        Installed: "True Uninstalling",
        Reconciling: "True Uninstalling",
        Stalled: null,
      });
      expect(kstatusOf(leaving)).toBe("InProgress");
      const { since, deadline } = leaving.status?.pendingUninstall ?? { since: "", deadline: "" };
      expect(Date.parse(deadline) - Date.parse(since)).toBe(600_000);
      const revoked = await scene.children();
      expect(revoked.grant?.spec).toMatchObject({ state: "Revoked", reason: "DomainsNotAllowed" });
      expect(revoked.pod?.metadata.uid).toBe(pod?.metadata.uid);
      await stage.edit(configuration, { network: { allowedDomains: ["crm.com"] } });
      const back = await scene.until("crm", { Ready: "True Succeeded", Installed: "True Installed" });
      expect(back.status?.pendingUninstall).toBeUndefined();
      expect((await scene.children()).pod?.metadata.uid).toBe(pod?.metadata.uid);
      expect((await scene.children()).grant?.spec.state).toBe("Active");
    });

    it("latches at the end of the grace period", async () => {
      const scene = await stage.scene("grace-end");
      await scene.define();
      const configuration = await scene.configure("slow", withGrace(3));
      await scene.install();
      await scene.ready();
      await stage.remove(configuration);
      const leaving = await scene.until("crm", { Installed: "True Uninstalling" });
      const install = await untilUninstalled(scene, "ConfigurationDeleted");
      const time = Date.parse(install.status?.uninstalled?.time ?? "");
      const deadline = Date.parse(leaving.status?.pendingUninstall?.deadline ?? "");
      expect(time).toBeGreaterThanOrEqual(deadline);
      expect(time - deadline).toBeLessThan(3_000);
    });

    it("binds a configuration that is made anew within the grace period, if it admits the installer", async () => {
      const scene = await stage.scene("remade");
      await scene.define();
      const configuration = await scene.configure("slow", withGrace(600));
      await scene.install();
      await scene.ready();
      await stage.remove(configuration);
      await scene.until("crm", { Installed: "True Uninstalling", Ready: "False ConfigurationDeleted" });
      const again = await scene.configure("slow", withGrace(600), forUsers(BEN));
      await lookedAtAgain(scene);
      await scene.until("crm", { Installed: "True Uninstalling" });
      await stage.edit(again, { access: { subjects: [{ kind: "User", name: ANN }] } });
      const back = await scene.until("crm", { Ready: "True Succeeded" });
      expect(back.status?.boundConfiguration?.uid).toBe(again.metadata.uid);
    });
  });

  describe("after the latch", () => {
    const latched = async (): Promise<Scene> => {
      const scene = await stage.scene("latch");
      await scene.define();
      const configuration = await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.remove(configuration);
      await untilUninstalled(scene, "ConfigurationDeleted");
      await scene.configure();
      return scene;
    };

    it("brings nothing back by itself when the cause is gone", async () => {
      const scene = await latched();
      const before = await scene.get();
      const after = await lookedAtAgain(scene);
      expect({ ...after.status, lastHandledReconcileAt: "" }).toEqual({ ...before.status, lastHandledReconcileAt: "" });
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it("brings nothing back when GitOps applies the same object again", async () => {
      const scene = await latched();
      const { apiVersion, kind, spec } = await scene.get();
      const object = { apiVersion, kind, metadata: { namespace: scene.name, name: "crm" }, spec };
      for (let round = 0; round < 3; round += 1) {
        await stage.admin.apply(PACK_INSTALL, object, { fieldManager: "gitops", force: true });
      }
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "False ConfigurationDeleted" });
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it("installs again when the annotation asks for it, once for each value", async () => {
      const scene = await latched();
      await stage.annotate(await scene.get(), { [ANNOTATION.reinstallRequestedAt]: "first" });
      const back = await scene.ready();
      expect(back.status?.uninstalled).toBeUndefined();
      expect(back.status?.lastHandledReinstallAt).toBe("first");
      await scene.configure("no", denied());
      await untilUninstalled(scene, "PackDenied");
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "False PackDenied" });
    });

    it("installs again when the spec changes", async () => {
      const scene = await latched();
      await stage.edit(await scene.get(), { configurationRef: { name: `${scene.name}-members` } });
      await scene.ready();
    });

    it("lets another install of the pack take its place in the doc", async () => {
      const scene = await latched();
      await scene.install("other");
      await scene.ready("other");
      expect(conditionsOf(await scene.get())).toMatchObject({ Installed: "False ConfigurationDeleted" });
    });

    it("brings it back by itself where the organization says so (`reinstallPolicy: Automatic`)", async () => {
      const scene = await latched();
      await stage.edit(UNGUARDED, { reinstallPolicy: "Automatic" });
      await scene.ready();
      await stage.edit(UNGUARDED, { reinstallPolicy: "Manual" });
    });
  });

  describe("the organization", () => {
    afterEach(async () => {
      if ((await stage.find(PACK_ORGANIZATION, { name: ORGANIZATION_NAME })) === undefined) {
        await stage.create(UNGUARDED);
      }
      await stage.edit(UNGUARDED, { defaultAccess: null, ...UNGUARDED.spec });
      await untilOrganization(stage, { Ready: "True" });
    });

    it("installs nothing new and uninstalls nothing while there is none", async () => {
      const [old, young] = [await stage.scene("org-old"), await stage.scene("org-new")];
      await old.define();
      const configuration = await old.configure();
      await old.install();
      await old.ready();
      await young.define();
      await young.configure();
      await withoutOrganization();
      await young.install();
      const waiting = await young.until("crm", { Ready: "False OrganizationNotFound", Stalled: null });
      expect(kstatusOf(waiting)).toBe("InProgress");
      expect(nothingLeft(await young.children())).toBe(true);
      await old.until("crm", { Ready: "Unknown OrganizationNotFound", Installed: "True Installed" });
      expect((await old.children()).grant?.spec.state).toBe("Active");
      await stage.remove(configuration);
      await old.until("crm", { Ready: "False ConfigurationDeleted", Installed: "True Installed" });
      const closed = await old.children();
      expect(closed.grant?.spec.state).toBe("Suspended");
      expect(closed.pod).toBeDefined();
      await stage.create(UNGUARDED);
      await young.ready();
      await untilUninstalled(old, "ConfigurationDeleted");
    });

    it("gives members a pack without any configuration where its default is Members", async () => {
      const scene = await stage.scene("default");
      await scene.define();
      await scene.install();
      await scene.until("crm", { Ready: "False NoAccessibleConfiguration" });
      await stage.edit(UNGUARDED, { defaultAccess: "Members" });
      const install = await scene.ready();
      expect(install.status?.boundConfiguration).toMatchObject({ name: "(allow all)", builtIn: true });
    });

    it("binds such an install to the pack's first configuration if that admits the installer", async () => {
      const scene = await stage.scene("first");
      await stage.edit(UNGUARDED, { defaultAccess: "Members" });
      await scene.define();
      await scene.install();
      await scene.ready();
      await scene.configure("first", forUsers(ANN));
      await eventually("the first configuration is bound", async () => {
        const { status } = await scene.get();
        return status?.boundConfiguration?.name === `${scene.name}-first`;
      });
      expect(conditionsOf(await scene.get())).toMatchObject({ Ready: "True Succeeded" });
    });

    it("uninstalls it if the first configuration does not", async () => {
      const scene = await stage.scene("first-other");
      await stage.edit(UNGUARDED, { defaultAccess: "Members" });
      await scene.define();
      await scene.install();
      await scene.ready();
      await scene.configure("first", forUsers(BEN));
      await untilUninstalled(scene, "NoAccessibleConfiguration");
    });

    it("uninstalls what only its default admitted when it denies again", async () => {
      const scene = await stage.scene("default-off");
      await stage.edit(UNGUARDED, { defaultAccess: "Members" });
      await scene.define();
      await scene.install();
      await scene.ready();
      await stage.edit(UNGUARDED, { defaultAccess: "Deny" });
      await untilUninstalled(scene, "InstallerAccessLost");
    });

    it("takes away what a member had when his mail domain is owned no more", async () => {
      const scene = await stage.scene("unowned");
      await scene.running();
      await stage.edit(UNGUARDED, { ownedDomains: ["elsewhere.org"] });
      // All that the tests before have left behind goes, too.
      await untilUninstalled(scene, "InstallerAccessLost", "crm", { deadlineMs: 30_000 });
    });

    it("knows everybody as a member under `members: Everyone`", async () => {
      const scene = await stage.scene("everyone");
      await stage.edit(UNGUARDED, organization(openToMembers()).spec);
      await stage.edit(UNGUARDED, { members: "Everyone", ownedDomains: null });
      await scene.define();
      await scene.configure();
      await scene.install("crm", installedBy(OUTSIDER));
      await scene.ready();
    });
  });

  describe("deleting", () => {
    const deleted = async (scene: Scene, name = "crm"): Promise<void> => {
      await eventually("the install is gone", async () => {
        return (await stage.find(PACK_INSTALL, { namespace: scene.name, name })) === undefined;
      });
      await scene.untilChildren("nothing is left", nothingLeft, name);
    };

    it("removes everything, the grant's rights first, before the install goes", async () => {
      const scene = await stage.scene("delete");
      const install = await scene.running();
      await stage.remove(install);
      await deleted(scene);
      await expect.poll(() => childMoments(timeline, scene).slice(-4)).toEqual(REVOKED_FIRST);
      const gone = timeline.of("PackInstall", `${scene.name}/crm`).at(-1);
      const last = timeline.of("PackGrant").findLast(({ key }) => key.endsWith(childName(scene.name, "crm")));
      expect(gone?.type).toBe("DELETED");
      expect(gone?.version).toBeGreaterThan(last?.version ?? Number.NaN);
    });

    it("ends when definition and configuration are gone already", async () => {
      const scene = await stage.scene("delete-bare");
      const definition = await scene.define();
      const configuration = await scene.configure();
      await scene.install();
      const install = await scene.ready();
      await Promise.all([definition, configuration, install].map((object) => stage.remove(object)));
      await deleted(scene);
    });

    it("ends while there is no organization", async () => {
      const scene = await stage.scene("delete-org");
      const install = await scene.running();
      await withoutOrganization();
      await stage.remove(install);
      await deleted(scene);
      await stage.create(UNGUARDED);
    });

    it("ends when somebody has removed its objects before", async () => {
      const scene = await stage.scene("delete-empty");
      await scene.running();
      const install = await stage.edit(await scene.get(), { suspend: true });
      await scene.untilChildren("it rests", (it) => !it.pod && !it.policy);
      await stage.remove(install);
      await deleted(scene);
    });

    it("never blocks the deletion of its namespace", async () => {
      const scene = await stage.scene("delete-namespace");
      await scene.running();
      await scene.install("refused");
      await stage.admin.delete(NAMESPACE, { name: scene.name });
      await eventually(
        "the namespace is gone",
        async () => (await stage.find(NAMESPACE, { name: scene.name })) === undefined,
        { deadlineMs: 40_000 },
      );
      await deleted(scene);
      await deleted(scene, "refused");
    });

    it("leaves no finalizer on an install that never had anything", async () => {
      const scene = await stage.scene("delete-never");
      const install = await scene.install();
      await scene.until("crm", { Ready: "False PackNotFound" });
      expect((await scene.get()).metadata.finalizers ?? []).toEqual([]);
      await stage.remove(install);
      await deleted(scene);
    });

    it("starts from nothing when an install is made again under its name", async () => {
      const scene = await stage.scene("delete-again");
      const first = await scene.running();
      await stage.remove(first);
      await deleted(scene);
      await scene.install();
      const second = await scene.ready();
      expect(second.metadata.uid).not.toBe(first.metadata.uid);
      expect((await scene.children()).grant?.spec.install.uid).toBe(second.metadata.uid);
    });

    it("ends while the controller cannot accept anything new (the configuration is on trial)", async () => {
      const scene = await stage.scene("delete-trial");
      await scene.define();
      await scene.configure("trial", onTrial(), enabling());
      const install = await scene.install();
      await scene.until("crm", { Installed: "False" });
      await stage.remove(install);
      await deleted(scene);
    });
  });
});
