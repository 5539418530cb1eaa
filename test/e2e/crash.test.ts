/** The controller is killed at every point between two writes and started again: the end is the same, and nothing was ever open. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACK_INSTALL } from "../../src/api/kinds.ts";
import { childName } from "../../src/resources/identity.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { allowingDomains, reaching } from "../gen/objects.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { type Children, nothingLeft, type Scene, Stage, settled } from "./kit.ts";
import { ApiProxy, isWrite, type Seen } from "./proxy.ts";
import { violations } from "./reach.ts";
import { Timeline } from "./timeline.ts";

type Scenario = {
  readonly name: string;
  /** Before anything is counted. */
  readonly prepare: (scene: Scene) => Promise<void>;
  /** The change by people. */
  readonly change: (scene: Scene) => Promise<void>;
  /** The end, as the undisturbed run reaches it. */
  readonly end: (scene: Scene) => Promise<unknown>;
};

const hosts = ({ grant }: Children): number => grant?.spec.hosts?.length ?? 0;

const SCENARIOS: readonly Scenario[] = [
  {
    name: "an install",
    prepare: async (scene) => {
      await scene.define();
      await scene.configure();
    },
    change: async (scene) => void (await scene.install()),
    end: (scene) => scene.until("crm", { Installed: "True Installed", Ready: "False Proving" }),
  },
  {
    name: "a shrink to no domain",
    prepare: async (scene) => void (await scene.running()),
    change: async (scene) => {
      const definition = { apiVersion: "packs.dev/v1alpha1", kind: "PackDefinition", metadata: { name: scene.name } };
      await scene.stage.edit(definition, { networkDomains: [] });
    },
    end: async (scene) => {
      await scene.untilChildren("the way out is closed", (it) => {
        const closed = hosts(it) === 0 && (it.policy?.spec.egress ?? []).length === 0;
        return closed && JSON.stringify(it.pod?.spec.containers[0]?.env)?.includes('"none"') === true;
      });
      return scene.until("crm", { Ready: "False Proving" });
    },
  },
  {
    name: "a growth and a swap of domains",
    prepare: async (scene) => {
      await scene.define(reaching("a.crm.com"));
      await scene.configure();
      await scene.install();
      await scene.ready();
    },
    change: async (scene) => {
      const definition = { apiVersion: "packs.dev/v1alpha1", kind: "PackDefinition", metadata: { name: scene.name } };
      await scene.stage.edit(definition, { networkDomains: ["b.crm.com", "c.crm.com"] });
    },
    end: async (scene) => {
      await scene.untilChildren("the grant is the new one", (it) => hosts(it) === 2);
      await eventually("the status is the new one", async () => (await scene.get()).status?.hosts?.length === 2);
      return scene.until("crm", { Ready: "True Succeeded" });
    },
  },
  {
    name: "an uninstall",
    prepare: async (scene) => {
      await scene.define();
      await scene.configure("members", allowingDomains("crm.com"));
      await scene.install();
      await scene.ready();
    },
    change: async (scene) => {
      const configuration = {
        apiVersion: "packs.dev/v1alpha1",
        kind: "PackConfiguration",
        metadata: { name: `${scene.name}-members` },
      };
      await scene.stage.edit(configuration, { network: { allowedDomains: ["other.com"] } });
    },
    end: async (scene) => {
      await scene.until("crm", { Installed: "False DomainsNotAllowed", Stalled: "True DomainsNotAllowed" });
      await scene.untilChildren("nothing is left", nothingLeft);
    },
  },
  {
    name: "a suspension",
    prepare: async (scene) => void (await scene.running()),
    change: async (scene) => void (await scene.stage.edit(await scene.get(), { suspend: true })),
    end: async (scene) => {
      await scene.until("crm", { Ready: "True Suspended" });
      await scene.untilChildren("pod and policy are gone", (it) => !it.pod && !it.policy);
    },
  },
  {
    name: "a deletion",
    prepare: async (scene) => void (await scene.running()),
    change: async (scene) => scene.stage.remove(await scene.get()),
    end: async (scene) => {
      const ref = { namespace: scene.name, name: "crm" };
      await eventually("it is gone", async () => (await scene.stage.find(PACK_INSTALL, ref)) === undefined);
      await scene.untilChildren("nothing is left", nothingLeft);
    },
  },
];

/** A write to an install or to what was made for it; the counters in other kinds' statuses are apart. */
const isInstallWrite = (seen: Seen): boolean =>
  isWrite(seen) && /\/(packinstalls|packgrants|networkpolicies|pods)(\/|$)/.test(seen.path);

const UUID = /[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** What is stored at the end, without what differs between any two runs. */
const endState = async (scene: Scene): Promise<unknown> => {
  const install = await scene.stage.find<Awaited<ReturnType<Scene["get"]>>>(PACK_INSTALL, {
    namespace: scene.name,
    name: "crm",
  });
  const { grant, policy, pod } = await scene.children();
  const part = (object: typeof grant | typeof policy | typeof pod) =>
    object && {
      labels: object.metadata.labels,
      annotations: object.metadata.annotations,
      spec: object.spec,
    };
  const text = JSON.stringify({
    install: install && { finalizers: install.metadata.finalizers, spec: install.spec, status: install.status },
    grant: part(grant),
    policy: part(policy),
    // The server fills in names of its own.
    pod: part(pod),
  });
  return JSON.parse(
    text
      .replaceAll(childName(scene.name, "crm"), "CHILD")
      .replaceAll(scene.name, "SCENE")
      .replace(UUID, "UUID")
      .replace(TIME, "TIME"),
  );
};

describeCluster("a controller that is killed", () => {
  let stage: Stage;
  let proxy: ApiProxy;
  let timeline: Timeline;
  let kubeconfig: string;
  let controller: ControllerProcess;

  const start = async (): Promise<void> => {
    proxy.rule = () => "forward";
    controller = stage.launch({ kubeconfig, args: ["--no-leader-elect"] });
    await controller.ready();
  };

  beforeAll(async () => {
    stage = await Stage.start();
    proxy = await ApiProxy.open(stage.plane.endpoint);
    kubeconfig = await stage.identityAt(proxy.url);
    timeline = await Timeline.start(stage.admin);
    await start();
  });

  afterAll(async () => {
    await timeline?.stop();
    await stage?.stop();
    await proxy?.close();
  });

  /**
   * Kills the controller before its `k`-th write to an install or its objects arrives. To whoever starts next that is
   * the same as a death right after the write before.
   */
  const killBefore = (k: number): (() => boolean) => {
    const victim = controller;
    let writes = 0;
    proxy.rule = (seen) => {
      if (isInstallWrite(seen)) writes += 1;
      if (writes < k) return "forward";
      victim.signal("SIGKILL");
      return "lose";
    };
    return () => writes >= k;
  };

  const quiet = (ms = 1_000): Promise<void> => settled(() => proxy.writes.length, ms);

  describe.each(SCENARIOS)("during $name", ({ prepare, change, end }) => {
    let expected: unknown;
    let count = 0;

    it("undisturbed, ends in the state that all others must reach", async () => {
      const scene = await stage.scene("calm");
      await prepare(scene);
      await quiet();
      const from = proxy.seen.length;
      await change(scene);
      await end(scene);
      await quiet();
      count = proxy.seen.slice(from).filter(isInstallWrite).length;
      expected = await endState(scene);
      expect(count).toBeGreaterThan(1);
      expect(proxy.seen.slice(from).filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
    });

    it("between any two writes, ends in the same state once it is started again", async () => {
      const scenes = await Promise.all(Array.from({ length: count }, (_, k) => stage.scene(`crash-${k + 1}`)));
      await Promise.all(scenes.map(prepare));
      await quiet();
      for (const [index, scene] of scenes.entries()) {
        const killed = killBefore(index + 1);
        await change(scene);
        await eventually("the controller is dead", killed);
        await controller.exited;
        await start();
        await end(scene);
        await settled(() => proxy.writes.length, 200);
        expect(await endState(scene), `killed before write ${index + 1}`).toEqual(expected);
      }
    }, 120_000);

    it("after its last write, has nothing left to do", async () => {
      await controller.kill();
      const from = proxy.seen.length;
      await start();
      await quiet();
      expect(proxy.seen.slice(from).filter(isWrite)).toEqual([]);
    });
  });

  it("never had more open than the newest policy allowed, at any moment of all that", async () => {
    expect(timeline.of("Pod").length).toBeGreaterThan(20);
    expect(violations(timeline.moments)).toEqual([]);
  });
});
