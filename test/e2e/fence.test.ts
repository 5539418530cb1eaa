/** The fence holds: foreign policies are caught, damage is repaired, and nothing that is not ours is touched. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVENT, NETWORK_POLICY, PACK_GRANT, POD } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { ANNOTATION, BASELINE_POLICY, LABEL, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { PackGrant, PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { KubeEvent, NetworkPolicy, NetworkPolicySpec, Pod } from "../../src/api/wire.ts";
import { childName } from "../../src/resources/identity.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { kstatusOf } from "../gen/kstatus.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { allThere, type Children, messageOf, nothingLeft, type Scene, Stage } from "./kit.ts";

const WRITE = { fieldManager: "somebody" };

describeCluster("the fence", () => {
  let stage: Stage;
  let controller: ControllerProcess;

  beforeAll(async () => {
    stage = await Stage.start();
    controller = stage.launch();
    await controller.ready();
    await controller.leading();
  });

  afterAll(() => stage?.stop());

  /** As an add-on of the cluster writes it; people cannot. */
  const foreign = (name: string, spec: NetworkPolicySpec, labels = {}): Promise<NetworkPolicy> =>
    stage.create<NetworkPolicy>(
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { namespace: SANDBOX_NAMESPACE, name, labels },
        spec,
      },
      stage.kubernetes,
    );

  const ref = (scene: Scene, install = "crm") => ({
    namespace: SANDBOX_NAMESPACE,
    name: childName(scene.name, install),
  });

  const stillThere = async ({ metadata: { name, uid } }: NetworkPolicy): Promise<void> => {
    const now = await stage.admin.get<NetworkPolicy>(NETWORK_POLICY, { namespace: SANDBOX_NAMESPACE, name });
    expect(now.metadata.uid).toBe(uid);
  };

  describe("a foreign NetworkPolicy", () => {
    const OPENINGS: readonly (readonly [string, NetworkPolicySpec])[] = [
      ["opens every way out for every pod", { podSelector: {}, policyTypes: ["Egress"], egress: [{}] }],
      ["opens every way in for every pod", { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] }],
      [
        "selects sandboxes by an expression",
        {
          podSelector: { matchExpressions: [{ key: LABEL.sandbox, operator: "Exists" }] },
          policyTypes: ["Egress"],
          egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
        },
      ],
      [
        "has no policyTypes but an egress rule",
        {
          podSelector: { matchLabels: { [LABEL.managedBy]: "packs-operator" } },
          egress: [{ to: [{ podSelector: {} }] }],
        } as unknown as NetworkPolicySpec,
      ],
    ];

    it.each(OPENINGS)("that %s suspends the grant, is named, and is left alone; gone, all is well", async (_, spec) => {
      const scene = await stage.scene("foreign");
      await scene.running();
      const { pod } = await scene.children();
      const policy = await foreign(`opening-${scene.name}`, spec);
      const full = `${SANDBOX_NAMESPACE}/${policy.metadata.name}`;
      const install = await scene.until("crm", { Ready: "False NetworkWidened", Installed: "True Installed" });
      expect(messageOf(install)).toContain(`'${full}'`);
      expect(kstatusOf(install)).toBe("InProgress");
      expect((await scene.children()).grant?.spec).toMatchObject({ state: "Suspended", reason: "NetworkWidened" });
      const told = await eventually("an event names it", async () => {
        const { items } = await stage.admin.list<KubeEvent>(EVENT, { namespace: scene.name });
        return items.find(({ reason }) => reason === "NetworkWidened");
      });
      expect(told.note).toContain(full);
      expect(await controller.metric("packs_foreign_policy_sandboxes", { policy: full })).toBeGreaterThanOrEqual(1);
      await stillThere(policy);
      await stage.remove(policy, stage.kubernetes);
      await scene.until("crm", { Ready: "True Succeeded" });
      const after = await scene.children();
      expect([after.grant?.spec.state, after.pod?.metadata.uid]).toEqual(["Active", pod?.metadata.uid]);
      expect(await controller.metric("packs_foreign_policy_sandboxes", { policy: full })).toBeUndefined();
    });

    it("that is there before the install is caught, too", async () => {
      const scene = await stage.scene("foreign-first");
      const policy = await foreign("early", { podSelector: {}, policyTypes: ["Egress"], egress: [{}] });
      await scene.define();
      await scene.configure();
      await scene.install();
      await scene.until("crm", { Ready: "False NetworkWidened" });
      expect((await scene.children()).grant?.spec.state).toBe("Suspended");
      await stage.remove(policy, stage.kubernetes);
      await scene.ready();
    });

    it("that names only one sandbox concerns only that one", async () => {
      const [one, two] = [await stage.scene("one"), await stage.scene("two")];
      const install = await one.running();
      await two.running();
      const policy = await foreign("one-only", {
        podSelector: { matchLabels: { [LABEL.installUid]: install.metadata.uid ?? "" } },
        policyTypes: ["Egress"],
        egress: [{}],
      });
      await one.until("crm", { Ready: "False NetworkWidened" });
      await two.until("crm", { Ready: "True Succeeded" });
      await stage.remove(policy, stage.kubernetes);
      await one.until("crm", { Ready: "True Succeeded" });
    });

    it("that only narrows, or selects nothing of ours, is no reason for anything", async () => {
      const scene = await stage.scene("harmless");
      await scene.running();
      const policies = [
        await foreign("narrow", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
        await foreign("other", {
          podSelector: { matchLabels: { app: "other" } },
          policyTypes: ["Egress"],
          egress: [{}],
        }),
      ];
      await stage.annotate(await scene.get(), { [ANNOTATION.reconcileRequestedAt]: "now" });
      await eventually("it was looked at", async () => (await scene.get()).status?.lastHandledReconcileAt === "now");
      await scene.until("crm", { Ready: "True Succeeded" });
      for (const policy of policies) {
        await stillThere(policy);
        await stage.remove(policy, stage.kubernetes);
      }
    });

    it("that carries our labels is foreign all the same, and is not deleted", async () => {
      const scene = await stage.scene("disguised");
      const install = await scene.running();
      const { policy: own } = await scene.children();
      const disguised = await foreign(
        `disguised-${scene.name}`,
        { podSelector: own?.spec.podSelector ?? {}, policyTypes: ["Egress"], egress: [{}] },
        own?.metadata.labels ?? {},
      );
      expect(disguised.metadata.labels?.[LABEL.installUid]).toBe(install.metadata.uid);
      await scene.until("crm", { Ready: "False NetworkWidened" });
      await stillThere(disguised);
      await stage.remove(disguised, stage.kubernetes);
      await scene.until("crm", { Ready: "True Succeeded" });
    });

    it("makes the baseline of the namespace no reason", async () => {
      const baseline = await stage.admin.get<NetworkPolicy>(NETWORK_POLICY, {
        namespace: SANDBOX_NAMESPACE,
        name: BASELINE_POLICY,
      });
      expect([baseline.spec.ingress ?? [], baseline.spec.egress ?? []]).toEqual([[], []]);
    });
  });

  describe("what was damaged by hand", () => {
    let scene: Scene;
    let install: PackInstall;

    beforeAll(async () => {
      scene = await stage.scene("repair");
      install = await scene.running();
    });

    const isFenced = ({ pod }: Children): boolean => {
      const labels = pod?.metadata.labels;
      return labels?.[LABEL.installUid] === install.metadata.uid && labels?.[LABEL.sandbox] === "true";
    };

    it("a policy that was opened is closed again", async () => {
      const before = (await scene.children()).policy;
      await stage.saboteur.mergePatch(NETWORK_POLICY, ref(scene), { spec: { egress: [{}] } }, WRITE);
      await scene.untilChildren("the policy is as before", ({ policy }) => {
        return JSON.stringify(policy?.spec) === JSON.stringify(before?.spec);
      });
      await scene.until("crm", { Ready: "True Succeeded" });
    });

    it("a policy that lost its labels is repaired", async () => {
      const patch = { metadata: { labels: { [LABEL.installUid]: null, [LABEL.managedBy]: "somebody" } } };
      await stage.saboteur.mergePatch(NETWORK_POLICY, ref(scene), patch, WRITE);
      await scene.untilChildren("the labels are back", ({ policy }) => {
        return policy?.metadata.labels?.[LABEL.installUid] === install.metadata.uid;
      });
      await scene.until("crm", { Ready: "True Succeeded" });
    });

    it("a policy that was deleted is made again", async () => {
      const { policy } = await scene.children();
      await stage.saboteur.delete(NETWORK_POLICY, ref(scene));
      const { policy: again } = await scene.untilChildren("there is a policy", (it) => it.policy !== undefined);
      expect(again?.spec).toEqual(policy?.spec);
    });

    it("a grant that was widened is compiled again", async () => {
      const system = { ...ref(scene), namespace: SYSTEM_NAMESPACE };
      const hosts = [
        { domain: "api.crm.com", auth: "None" },
        { domain: "evil.com", auth: "None" },
      ];
      await stage.saboteur.mergePatch(PACK_GRANT, system, { spec: { hosts } }, WRITE);
      await scene.untilChildren("the grant is as it must be", ({ grant }) => grant?.spec.hosts?.length === 1);
    });

    it("a grant that was deleted is compiled again", async () => {
      const { grant } = await scene.children();
      await stage.saboteur.delete(PACK_GRANT, { ...ref(scene), namespace: SYSTEM_NAMESPACE });
      const { grant: again } = await scene.untilChildren("there is a grant", (it) => it.grant !== undefined);
      expect(again?.spec).toEqual(grant?.spec);
      await scene.until("crm", { Ready: "True Succeeded" });
    });

    it("a pod that lost the labels by which its fence selects it gets them back", async () => {
      const patch = { metadata: { labels: { [LABEL.installUid]: null, [LABEL.sandbox]: null } } };
      const { pod } = await scene.children();
      await stage.saboteur.mergePatch(POD, ref(scene), patch, WRITE);
      const after = await scene.untilChildren("the labels are back", isFenced);
      expect(after.pod?.metadata.uid).toBe(pod?.metadata.uid);
      await scene.until("crm", { Ready: "True Succeeded" });
    });

    it("a pod that was given to another install is taken back or replaced", async () => {
      const other = await stage.scene("other");
      const { metadata } = await other.running();
      for (const uid of [metadata.uid ?? "", "nobody"]) {
        await stage.saboteur.mergePatch(POD, ref(scene), { metadata: { labels: { [LABEL.installUid]: uid } } }, WRITE);
        await scene.untilChildren("the labels are right", isFenced);
        await scene.ready();
      }
      expect(allThere(await other.children())).toBe(true);
    });

    it("a pod with another image is replaced", async () => {
      const { pod } = await scene.children();
      const containers = [{ name: "sandbox", image: "evil.example/miner:latest" }];
      await stage.saboteur.jsonPatch<Pod>(
        POD,
        ref(scene),
        [{ op: "replace", path: "/spec/containers/0/image", value: containers[0]?.image ?? "" }],
        WRITE,
      );
      const after = await scene.untilChildren(
        "the pod is another one",
        (it) => it.pod !== undefined && it.pod.metadata.uid !== pod?.metadata.uid,
      );
      expect(after.pod?.spec.containers[0]?.image).toBe(pod?.spec.containers[0]?.image);
      await scene.ready();
    });

    it("a pod that was deleted is made again, and counts only once it has proved its fence", async () => {
      const { pod } = await scene.children();
      await stage.kubernetes.delete(POD, ref(scene));
      await scene.untilChildren(
        "there is another pod",
        (it) => it.pod !== undefined && it.pod.metadata.uid !== pod?.metadata.uid,
      );
      await scene.until("crm", { Ready: "False Proving", NetworkEnforced: "Unknown Proving" });
      await scene.ready();
    });

    it("a pod that failed is replaced", async () => {
      const { pod } = await scene.children();
      if (pod === undefined) throw new Error("there is no pod");
      const status = { ...pod.status, phase: "Failed" };
      await stage.kubernetes.replaceStatus(POD, { ...pod, status } as Pod, WRITE);
      await scene.untilChildren(
        "there is another pod",
        (it) => it.pod !== undefined && it.pod.metadata.uid !== pod.metadata.uid,
      );
      await scene.ready();
    });

    it("a fence, a grant and a pod that vanish together all come back, and nothing is left open between", async () => {
      await Promise.all([
        stage.saboteur.delete(POD, ref(scene)),
        stage.saboteur.delete(NETWORK_POLICY, ref(scene)),
        stage.saboteur.delete(PACK_GRANT, { ...ref(scene), namespace: SYSTEM_NAMESPACE }),
      ]);
      await scene.untilChildren("all are back", allThere);
      await scene.ready();
    });
  });

  describe("what is not ours", () => {
    it("a grant under our name that records another install grants nothing, and ends", async () => {
      const [scene, other] = [await stage.scene("copy"), await stage.scene("original")];
      const owner = await other.running();
      await scene.define();
      await scene.configure();
      const name = childName(scene.name, "crm");
      const original = (await other.children()).grant;
      if (original === undefined) throw new Error("there is no grant");
      const metadata = { namespace: SYSTEM_NAMESPACE, name, labels: { [LABEL.installUid]: owner.metadata.uid ?? "" } };
      const copy = await stage.create<PackGrant>({ ...original, metadata }, stage.saboteur);
      await scene.install();
      const { grant } = await scene.untilChildren("the install has a grant of its own", (it) => {
        return it.grant !== undefined && it.grant.metadata.uid !== copy.metadata.uid;
      });
      expect(grant?.spec.install).toMatchObject({ namespace: scene.name });
      await scene.ready();
      expect((await other.children()).grant?.metadata.uid).toBe(original.metadata.uid);
    });

    it("objects of an install that is gone without its finalizer are swept", async () => {
      const scene = await stage.scene("sweep");
      const install = await scene.running();
      await stage.saboteur.mergePatch(
        { apiVersion: install.apiVersion, kind: install.kind, plural: "packinstalls", namespaced: true },
        { namespace: scene.name, name: "crm" },
        { metadata: { finalizers: null } },
        WRITE,
      );
      await stage.remove(install as KubeObject);
      await scene.untilChildren("nothing is left", nothingLeft);
    });
  });
});
