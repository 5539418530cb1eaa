/** Bad days: an API server that is slow, cut, mad or gone, and people who edit at the wrong moment. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { API_VERSION, PACK_DEFINITION, PACK_INSTALL } from "../../src/api/kinds.ts";
import { INSTALL_FINALIZER, SANDBOX_NAMESPACE } from "../../src/api/names.ts";
import type { PackDefinition, PackInstall } from "../../src/api/v1alpha1/index.ts";
import { childName } from "../../src/resources/identity.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { allowingDomains, reaching } from "../gen/objects.ts";
import type { ControllerOptions, ControllerProcess } from "./controller-process.ts";
import { conditionsOf, nothingLeft, type Scene, Stage } from "./kit.ts";
import { ApiProxy, isWrite, type Treatment } from "./proxy.ts";
import { violations } from "./reach.ts";
import { Timeline } from "./timeline.ts";

const ALONE = ["--no-leader-elect"];

describeCluster("a bad API server", () => {
  let stage: Stage;
  let proxy: ApiProxy;
  let kubeconfig: string;
  let running: ControllerProcess[] = [];

  beforeAll(async () => {
    stage = await Stage.start();
    proxy = await ApiProxy.open(stage.plane.endpoint);
    kubeconfig = await stage.identityAt(proxy.url);
  });

  afterEach(async () => {
    proxy.rule = () => "forward";
    await Promise.all(running.map((controller) => controller.kill()));
    running = [];
  });

  afterAll(async () => {
    await stage?.stop();
    await proxy?.close();
  });

  const launch = (options: Partial<ControllerOptions> = {}): ControllerProcess => {
    const controller = stage.launch(options);
    running.push(controller);
    return controller;
  };

  const swapDomain = async (scene: Scene): Promise<void> => {
    const definition = { apiVersion: "packs.dev/v1alpha1", kind: "PackDefinition", metadata: { name: scene.name } };
    await stage.edit(definition, { networkDomains: ["files.crm.com"] });
    await eventually(
      "the grant follows",
      async () => (await scene.children()).grant?.spec.hosts?.[0]?.domain === "files.crm.com",
      { deadlineMs: 30_000 },
    );
  };

  it("that restarts, or is killed, is followed again without a restart of ours", { timeout: 150_000 }, async () => {
    const controller = await launch({ args: ALONE }).ready();
    const scene = await stage.scene("restart");
    await scene.running();
    await stage.plane.restartApiServer({ graceMs: 0 });
    await swapDomain(scene);
    await stage.plane.restartApiServer();
    await scene.until("crm", { Ready: "True Succeeded" }, { deadlineMs: 30_000 });
    await stage.remove(await scene.get());
    // A watch that failed again and again waits for up to 30 s before it is opened anew.
    await scene.untilChildren("nothing is left", nothingLeft, "crm", { deadlineMs: 45_000 });
    expect(controller.running).toBe(true);
  });

  it("that hangs for three seconds changes nothing", async () => {
    const controller = launch();
    await controller.ready();
    await controller.leading();
    const scene = await stage.scene("pause");
    await scene.running();
    stage.plane.pauseApiServer();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    stage.plane.resumeApiServer();
    await swapDomain(scene);
    expect(controller.running).toBe(true);
    await controller.stop();
  });

  it("that is away for longer than a lease: the controller ends with code 3, and the next one goes on", async () => {
    const controller = launch({ kubeconfig });
    await controller.ready();
    await controller.leading();
    const scene = await stage.scene("away");
    await scene.running();
    proxy.rule = () => "lose";
    expect(await controller.exited).toEqual({ code: 3, signal: null });
    const definition = { apiVersion: "packs.dev/v1alpha1", kind: "PackDefinition", metadata: { name: scene.name } };
    await stage.edit(definition, { networkDomains: ["files.crm.com"] });
    proxy.rule = () => "forward";
    const next = launch({ kubeconfig });
    await next.leading(40_000);
    await scene.untilChildren("the grant follows", (it) => it.grant?.spec.hosts?.[0]?.domain === "files.crm.com");
    await next.stop();
  });

  /** The same every time: a linear congruential generator. */
  const chances = (seed: number): (() => number) => {
    let state = seed;
    return () => {
      state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
      return state / 2 ** 32;
    };
  };

  const ANSWERS: readonly Treatment[] = [
    { status: 429, headers: { "retry-after": "1" }, body: "{}" },
    { status: 500, body: JSON.stringify({ kind: "Status", code: 500, reason: "InternalError" }) },
    { status: 503, headers: { "content-type": "text/html" }, body: "<html>gone fishing</html>" },
    { status: 200, body: "}{ not json" },
    { status: 200, body: "{}" },
    { status: 200, body: "" },
    { status: 200, body: '{"kind":"List","items":[null,7,{"metadata":{}}]}' },
    "lose",
    "loseAnswer",
  ];

  it.each([1, 2, 3])(
    "that answers a fifth of everything with errors, garbage or nothing delays the end, but does not change it (seed %i)",
    async (seed) => {
      const timeline = await Timeline.start(stage.admin);
      const controller = await launch({ kubeconfig, args: ALONE }).ready();
      const random = chances(seed);
      const given = new Set<Treatment>();
      proxy.rule = () => {
        if (random() > 0.2) return "forward";
        const answer = ANSWERS[Math.floor(random() * ANSWERS.length)] ?? "lose";
        given.add(answer);
        return answer;
      };
      const scenes = await Promise.all(["one", "two", "three"].map((name) => stage.scene(name)));
      for (const scene of scenes) {
        await scene.define(reaching("api.crm.com", "files.crm.com"));
        await scene.configure("members", allowingDomains("crm.com"));
        await scene.install();
      }
      const patient = { deadlineMs: 120_000 };
      const [one, two, three] = scenes as [Scene, Scene, Scene];
      for (const scene of scenes) {
        await scene.until("crm", { Installed: "True" }, patient);
        await scene.startPod();
        await scene.until("crm", { Ready: "True Succeeded" }, patient);
      }
      await swapDomain(one);
      const configuration = {
        apiVersion: API_VERSION,
        kind: "PackConfiguration",
        metadata: { name: `${two.name}-members` },
      };
      await stage.edit(configuration, { network: { allowedDomains: ["other.com"] } });
      await stage.remove(await three.get());
      await two.until("crm", { Installed: "False DomainsNotAllowed" }, patient);
      const ref = { namespace: three.name, name: "crm" };
      await eventually(
        "nothing of them is left",
        async () => {
          const left = await Promise.all([two.children(), three.children()]);
          return left.every(nothingLeft) && (await stage.find(PACK_INSTALL, ref)) === undefined;
        },
        patient,
      );
      expect(conditionsOf(await one.get())).toMatchObject({ Installed: "True Installed" });
      expect(controller.running).toBe(true);
      expect(given.size).toBeGreaterThan(4);
      proxy.rule = () => "forward";
      await timeline.stop();
      expect(violations(timeline.moments)).toEqual([]);
      for (const scene of [one, two]) await stage.remove(await scene.get());
    },
    300_000,
  );

  const EDITS: readonly (readonly [
    string,
    (seen: { method: string; path: string }) => boolean,
    (scene: Scene) => Promise<unknown>,
  ])[] = [
    [
      "the install, before its finalizer",
      ({ method, path }) => method === "PATCH" && path.endsWith("/packinstalls/crm"),
      async (scene) =>
        stage.admin.mergePatch<PackInstall>(
          PACK_INSTALL,
          { namespace: scene.name, name: "crm" },
          { metadata: { finalizers: ["example.com/other"] } },
          { fieldManager: "somebody" },
        ),
    ],
    [
      "the install, before its status",
      ({ method, path }) => method === "PUT" && path.endsWith("/packinstalls/crm/status"),
      async (scene) => stage.annotate(await scene.get(), { note: "edited" }),
    ],
    [
      "the install, which rests from now on, before its pod",
      ({ method, path }) => method === "POST" && path.endsWith("/pods"),
      async (scene) =>
        stage.edit(await scene.get(), { suspend: true }).then(async () => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          await stage.edit(await scene.get(), { suspend: false });
        }),
    ],
    [
      "the definition, which loses a domain, before its grant",
      ({ method, path }) => method === "POST" && path.endsWith("/packgrants"),
      (scene) =>
        stage.edit(
          { apiVersion: "packs.dev/v1alpha1", kind: "PackDefinition", metadata: { name: scene.name } },
          { networkDomains: ["api.crm.com"] },
        ),
    ],
    [
      "the fence, which somebody makes first",
      ({ method, path }) => method === "POST" && path.endsWith("/networkpolicies"),
      (scene) =>
        stage.create(
          {
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: { namespace: SANDBOX_NAMESPACE, name: childName(scene.name, "crm") },
            spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{}] },
          } as never,
          stage.kubernetes,
        ),
    ],
  ];

  it.each(EDITS)("where somebody edits between our look and our write: %s", async (_, which, edit) => {
    const controller = launch({ kubeconfig, args: ALONE });
    await controller.ready();
    const scene = await stage.scene("edit");
    await scene.define(reaching("api.crm.com", "files.crm.com"));
    await scene.configure();
    let edited = false;
    proxy.rule = async (seen): Promise<Treatment> => {
      if (edited || !isWrite(seen) || !which(seen)) return "forward";
      edited = true;
      await edit(scene);
      return "forward";
    };
    await scene.install();
    const declared = await eventually("it ends as if nothing had been", async () => {
      await scene.startPod();
      const { spec } = await stage.admin.get<PackDefinition>(PACK_DEFINITION, { name: scene.name });
      return conditionsOf(await scene.get())["Ready"] === "True Succeeded" && (spec.networkDomains ?? []);
    });
    expect(edited).toBe(true);
    const { grant, policy } = await scene.children();
    expect(grant?.spec.hosts?.map(({ domain }) => domain)).toEqual(declared);
    expect(policy?.spec.egress?.[0]?.to).toHaveLength(1);
    expect((await scene.get()).metadata.finalizers).toContain(INSTALL_FINALIZER);
  });
});
