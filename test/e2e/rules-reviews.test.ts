/** Reviews and requests on a real Kubernetes API: what somebody must look at, or agree to, before a pack may be used. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PACK_DEFINITION, PACK_REQUEST } from "../../src/api/kinds.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { PackDefinition, PackRequest, PackReview, PackReviewSpec } from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { kstatusOf } from "../gen/kstatus.ts";
import {
  ANN,
  acceptingDomains,
  allowingDomains,
  BEN,
  type Change,
  changed,
  decidedAs,
  denied,
  forUsers,
  inDoc,
  inNamespace,
  installedBy,
  OUTSIDER,
  organization,
  organizedBy,
  packRequest,
  reaching,
} from "../gen/objects.ts";
import { approvingDomains, reviewOf } from "../gen/reviews.ts";
import type { ControllerProcess } from "./controller-process.ts";
import {
  conditionsOf,
  messageOf,
  nothingLeft,
  type Scene,
  Stage,
  UNGUARDED,
  untilConditions,
  untilOrganization,
  type Wanted,
} from "./kit.ts";
import { Departures, lookedAtAgain } from "./leaving.ts";
import { Timeline } from "./timeline.ts";

const ORGANIZATION = organization(
  acceptingDomains(1),
  organizedBy({ uninstallGuard: UNGUARDED.spec.uninstallGuard ?? {} }),
);

const [A, B] = ["a.crm.com", "b.crm.com"];

describeCluster("reviews and requests", () => {
  let stage: Stage;
  let controller: ControllerProcess;
  let timeline: Timeline;
  let departures: Departures;

  beforeAll(async () => {
    stage = await Stage.start({ organization: ORGANIZATION });
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

  const installed = (scene: Scene, name = "crm") => scene.until(name, { Installed: "True" });

  const definition = (scene: Scene, wanted: Wanted) =>
    untilConditions<PackDefinition>(stage, PACK_DEFINITION, { name: scene.name }, wanted);

  const hostsOf = async (scene: Scene): Promise<readonly string[]> =>
    ((await scene.children()).grant?.spec.hosts ?? []).map(({ domain }) => domain);

  const untilHosts = (scene: Scene, ...hosts: readonly string[]) =>
    eventually(`the grant reaches ${hosts.join(", ")}`, async () => {
      return JSON.stringify(await hostsOf(scene)) === JSON.stringify(hosts);
    });

  describe("reviews", () => {
    /** Of the definition as it is now, by ben@example.com. */
    const review = async (scene: Scene, suffix: string, ...changes: readonly Change<PackReview>[]) => {
      const now = await stage.admin.get<PackDefinition>(PACK_DEFINITION, { name: scene.name });
      return stage.create(reviewOf(now, `${scene.name}-${suffix}`, ...changes));
    };

    const expiringIn =
      (ms: number): Change<PackReview> =>
      (it) => ({ ...it, spec: { ...it.spec, expireTime: toTimestamp(Date.now() + ms) } satisfies PackReviewSpec });

    /** Installed, and reaching the only domain that it declares. */
    const small = async (scene: Scene) => {
      const object = await scene.define(reaching(A));
      await scene.configure("narrow", allowingDomains("crm.com"));
      await scene.install();
      await scene.ready();
      await eventually("the definition remembers what it reaches", async () => {
        const { status } = await stage.admin.get<PackDefinition>(PACK_DEFINITION, { name: scene.name });
        return status?.knownDomains?.includes(A);
      });
      return object;
    };

    it("S0-23 a pack with more domains than the organization accepts waits for a review of just this definition", async () => {
      const scene = await stage.scene("domains");
      await scene.define(reaching(A, B));
      await scene.configure();
      await scene.install();
      const waiting = await scene.until("crm", { Ready: "False ReviewRequired", Stalled: null, Reconciling: null });
      expect(kstatusOf(waiting)).toBe("InProgress");
      const { status } = await definition(scene, { Accepted: "True", Reviewed: "False ReviewRequired" });
      expect(messageOf(waiting)).toContain(status?.reviewDigest);
      expect(nothingLeft(await scene.children())).toBe(true);

      const digest = `sha256:${"1".repeat(64)}`;
      await review(scene, "other", approvingDomains(A, B), (it) => ({
        ...it,
        spec: { ...it.spec, reviewDigest: digest },
      }));
      await review(scene, "part", approvingDomains(A));
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "False ReviewRequired" });

      await review(scene, "whole", approvingDomains(A, B));
      await installed(scene);
      expect(await hostsOf(scene)).toEqual([A, B]);
      await definition(scene, { Reviewed: "True Reviewed" });
    });

    it("S0-23 a review that expires, or is withdrawn, lets nothing new in, and takes nothing from who is there", async () => {
      const scene = await stage.scene("expires");
      await scene.define(reaching(A, B));
      await scene.configure();
      const given = await review(scene, "short", approvingDomains(A, B), expiringIn(3_000));
      await scene.install();
      await scene.ready();
      await definition(scene, { Reviewed: "False ReviewRequired" });
      await scene.doc();
      await scene.install("later", inDoc("plan"), installedBy(BEN));
      await scene.until("later", { Ready: "False ReviewRequired" });
      await stage.remove(given);
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "True Succeeded" });
      expect(await hostsOf(scene)).toEqual([A, B]);
    });

    it("S0-23 a definition that grows keeps what it had, and gets the rest by a review; nothing is uninstalled", async () => {
      const scene = await stage.scene("grows");
      const object = await small(scene);
      await stage.edit(object, { networkDomains: [A, B] });
      await definition(scene, { Reviewed: "False ReviewRequired" });
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "True Succeeded" });
      expect(await hostsOf(scene)).toEqual([A]);
      await review(scene, "more", approvingDomains(A, B));
      await untilHosts(scene, A, B);
    });

    it("S0-23 the only domain is not swapped without a review while the pack is in use", async () => {
      const scene = await stage.scene("swap");
      const object = await small(scene);
      await stage.edit(object, { networkDomains: [B] });
      await untilHosts(scene);
      await definition(scene, { Reviewed: "False ReviewRequired" });
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "True Installed" });
      await review(scene, "swap", approvingDomains(B));
      await untilHosts(scene, B);
    });

    it("S1-63 growth counts against the allowed domains once it is reviewed, and not before", async () => {
      const scene = await stage.scene("unfit");
      const object = await small(scene);
      await stage.edit(object, { networkDomains: [A, "evil.com"] });
      await definition(scene, { Reviewed: "False ReviewRequired" });
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Ready: "True Succeeded" });
      await departures.after(scene, "DomainsNotAllowed", () => review(scene, "yes", approvingDomains(A, "evil.com")));
    });
  });

  describe("requests", () => {
    beforeAll(async () => {
      await stage.edit(ORGANIZATION, { approvals: { mode: "Required" } });
      await untilOrganization(stage, { Ready: "True" });
    });

    afterEach(async () => {
      await stage.edit(ORGANIZATION, { approvals: { mode: "Required" }, defaultAccess: null });
    });

    const ask = async (scene: Scene, name = "please"): Promise<PackRequest> =>
      stage.create(
        changed(packRequest(name, { packRef: { name: scene.name } }), inNamespace(scene.name)),
        await stage.as(ANN),
      );

    const decide = async (request: PackRequest, ...decision: Parameters<typeof decidedAs>): Promise<PackRequest> =>
      stage.edit(request, decidedAs(...decision), await stage.as(BEN));

    const removed = async (request: PackRequest): Promise<PackRequest> => {
      await stage.remove(request);
      return request;
    };

    /** Installed through an approved request alone. */
    const approved = async (scene: Scene): Promise<PackRequest> => {
      await scene.define();
      const request = await decide(await ask(scene), "Approved");
      await scene.install();
      const { status } = await installed(scene);
      expect(status?.boundConfiguration).toMatchObject({ builtIn: true, request: { name: "please" } });
      return request;
    };

    type Given = { readonly request?: "open" | "Approved" | "Denied"; readonly configuration?: "hers" | "his" };

    const ROWS: readonly (readonly [string, "Off" | "Required", Given, string])[] = [
      ["neither asked for nor configured", "Off", {}, "False NoAccessibleConfiguration"],
      ["configured for her", "Off", { configuration: "hers" }, "True Installed"],
      ["not asked for, nor configured", "Required", {}, "False ApprovalPending"],
      ["asked for", "Required", { request: "open" }, "False ApprovalPending"],
      ["asked for and denied", "Required", { request: "Denied" }, "False ApprovalDenied"],
      ["asked for and approved", "Required", { request: "Approved" }, "True Installed"],
      ["configured for her", "Required", { configuration: "hers" }, "True Installed"],
      ["configured for him", "Required", { configuration: "his" }, "False ApprovalPending"],
      [
        "approved, and configured for her",
        "Required",
        { request: "Approved", configuration: "hers" },
        "True Installed",
      ],
      [
        "approved, and configured for him",
        "Required",
        { request: "Approved", configuration: "his" },
        "False NoAccessibleConfiguration",
      ],
      ["denied, but configured for her", "Required", { request: "Denied", configuration: "hers" }, "True Installed"],
    ];

    it.each(ROWS)(
      "S1-57 S1-11 a pack that is %s, with approvals %s",
      async (_, mode, { configuration, request }, end) => {
        const scene = await stage.scene("four");
        await stage.edit(ORGANIZATION, { approvals: { mode } });
        await scene.define();
        if (request !== undefined) {
          const asked = await ask(scene);
          if (request !== "open") await decide(asked, request, "too costly");
        }
        if (configuration !== undefined) await scene.configure("one", forUsers(configuration === "hers" ? ANN : BEN));
        await scene.install();
        const install = await scene.until("crm", { Installed: end });
        if (end === "True Installed") return;
        expect(nothingLeft(await scene.children())).toBe(true);
        const waits = end === "False ApprovalPending";
        expect(kstatusOf(install)).toBe(waits ? "InProgress" : "Failed");
        if (end === "False ApprovalDenied") expect(messageOf(install)).toContain("too costly");
      },
    );

    it("S1-12 a request is answered: it is counted until then, and an approval installs the pack", async () => {
      const scene = await stage.scene("answer");
      await scene.define();
      await scene.install();
      await scene.until("crm", { Ready: "False ApprovalPending" });
      const request = await ask(scene);
      const ref = { namespace: scene.name, name: request.metadata.name };
      await untilConditions(stage, PACK_REQUEST, ref, { Ready: "False ApprovalPending", Accepted: "True" });
      const pending = () => controller.metric("packs_requests_pending", { pack: scene.name });
      expect(await pending()).toBe(1);
      await decide(request, "Approved");
      await installed(scene);
      const answered = await untilConditions(stage, PACK_REQUEST, ref, { Ready: "True Approved" });
      expect(messageOf(answered)).toContain(BEN);
      expect(await pending()).toBeUndefined();
    });

    it("S1-58 an approved pack is approved for every member, and for nobody else", async () => {
      const scene = await stage.scene("all");
      await approved(scene);
      await scene.doc("his");
      await scene.install("his", inDoc("his"), installedBy(BEN));
      await installed(scene, "his");
      await scene.doc("foreign");
      await scene.install("foreign", inDoc("foreign"), installedBy(OUTSIDER));
      await scene.until("foreign", { Ready: "False NoAccessibleConfiguration" });
    });

    it("S1-57 a decided request that is deleted takes nothing from who is there, and lets nobody new in", async () => {
      const scene = await stage.scene("forgotten");
      await stage.remove(await approved(scene));
      await scene.doc("new");
      await scene.install("new", inDoc("new"));
      await scene.until("new", { Ready: "False ApprovalPending" });
      expect(conditionsOf(await lookedAtAgain(scene))).toMatchObject({ Installed: "True Installed" });
      expect((await scene.children()).grant?.spec.state).toBe("Active");
    });

    it("S1-57 an approval that is taken back uninstalls what was installed through it, and nothing else", async () => {
      const [scene, other] = [await stage.scene("back"), await stage.scene("other")];
      const request = await approved(scene);
      await approved(other);
      const install = await departures.after(scene, "ApprovalDenied", () => decide(request, "Denied", "it leaks"));
      expect(messageOf(install)).toContain("it leaks");
      expect(conditionsOf(await lookedAtAgain(other))).toMatchObject({ Installed: "True Installed" });
      await stage.annotate(install, { [ANNOTATION.reinstallRequestedAt]: "1" });
      await scene.until("crm", { Ready: "False ApprovalDenied", Stalled: "True ApprovalDenied" });
      await decide(request, "Approved");
      await installed(scene);
    });

    it("S1-15 a denying configuration beats every approval", async () => {
      const scene = await stage.scene("denied");
      await approved(scene);
      await departures.after(scene, "PackDenied", () => scene.configure("no", denied()));
    });

    it("S1-57 the first configuration of a pack takes over from its approval, and who it does not admit leaves", async () => {
      const [kept, lost] = [await stage.scene("kept"), await stage.scene("lost")];
      await approved(kept);
      await approved(lost);
      await kept.configure("first", forUsers(ANN));
      await eventually("it is bound to the configuration", async () => {
        return (await kept.get()).status?.boundConfiguration?.name === `${kept.name}-first`;
      });
      await departures.after(lost, "NoAccessibleConfiguration", () => lost.configure("first", forUsers(BEN)));
    });

    it("S1-45 are all acted on in time", async () => {
      const scene = await stage.scene("time");
      await approved(scene);
      await departures.expectSoon(scene);
    });

    it("S1-12 a request that is deleted without a decision leaves no trace in the metrics", async () => {
      const scene = await stage.scene("trace");
      const request = await ask(scene);
      await eventually("it is counted", () => controller.metric("packs_requests_pending", { pack: scene.name }));
      await removed(request);
      await eventually("it is not counted", async () => {
        return (await controller.metric("packs_requests_pending", { pack: scene.name })) === undefined;
      });
    });
  });
});
