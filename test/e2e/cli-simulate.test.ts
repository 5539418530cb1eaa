/** `packctl simulate` and `diff` against a real API server: what they say is what then happens. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PACK_CONFIGURATION, PACK_INSTALL } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { PackConfiguration, PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { DiffReport } from "../../src/cli/simulate/diff-report.ts";
import type { ReportedInstall, SimulationReport } from "../../src/cli/simulate/report.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import {
  ANN,
  about,
  action,
  allowingDomains,
  BEN,
  denied,
  enabling,
  forGroups,
  formula,
  inDoc,
  installedBy,
  onTrial,
  packConfiguration,
} from "../gen/objects.ts";
import { bundled, type Ended, packctl } from "../golden/program.ts";
import { type Scene, Stage, UNGUARDED } from "./kit.ts";

/** What can be foretold of an install and be seen of it afterwards. */
type Outcome = {
  readonly configuration: string | undefined;
  readonly uninstalled: string | undefined;
  readonly trials: readonly string[];
  readonly off: readonly string[];
};

const KIND = { formula: "Formula" } as const;

const seen = ({ status }: PackInstall): Outcome => ({
  configuration: status?.boundConfiguration?.name,
  uninstalled: status?.uninstalled?.reason,
  trials: (status?.trials ?? []).map(({ configuration, reason }) => `${configuration} ${reason}`),
  off: (status?.components ?? [])
    .filter(({ state }) => state === "Disabled")
    .map(({ kind, name }) => `${kind} ${name}`),
});

/** What is there, and what a report says of the change of it. */
const foretold = (now: Outcome, change: ReportedInstall | undefined): Outcome => {
  if (change === undefined) return now;
  const { after, disabled, trials } = change;
  const gone = after.state === "Uninstalled";
  return {
    configuration: gone ? undefined : after.configuration,
    uninstalled: gone ? after.reason : undefined,
    trials: gone ? [] : [...now.trials, ...trials.map(({ configuration, reason }) => `${configuration} ${reason}`)],
    off: gone ? [] : [...now.off, ...disabled.map(({ name }) => name.replace("formula", KIND.formula))],
  };
};

describeCluster("packctl simulate on a real API server", () => {
  let stage: Stage;
  let folder: string;
  let program: string;

  const run = (...args: readonly string[]): Promise<Ended> =>
    packctl([...args, "--kubeconfig", stage.plane.kubeconfig], { program });

  const file = async (name: string, ...objects: readonly KubeObject[]): Promise<string> => {
    const path = join(folder, name);
    const items = objects.map(({ metadata: { name: own, namespace }, ...rest }) => ({
      ...rest,
      metadata: { name: own, ...(namespace === undefined ? {} : { namespace }) },
    }));
    await writeFile(path, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    return path;
  };

  const simulation = async (code: number, ...args: readonly string[]): Promise<SimulationReport> => {
    const ended = await run("simulate", "-o", "json", ...args);
    expect(ended.stderr).toContain("nothing was written");
    expect(ended.code).toBe(code);
    return JSON.parse(ended.stdout) as SimulationReport;
  };

  const installsOf = async ({ name }: Scene): Promise<ReadonlyMap<string, PackInstall>> => {
    const { items } = await stage.admin.list<PackInstall>(PACK_INSTALL, { namespace: name });
    return new Map(items.map((it) => [it.metadata.name, it]));
  };

  /** A pack for the people of a group; ANN and BEN of it have installed it, each in a doc of their own. */
  const team = async (title: string): Promise<{ scene: Scene; live: PackConfiguration }> => {
    const scene = await stage.scene(title);
    await scene.define(formula("Search"), action("AddNote"));
    await scene.group("sales", { members: [ANN, BEN] });
    const live = await scene.configure("live", forGroups(`${scene.name}-sales`));
    await scene.doc("plan", { owner: BEN });
    await scene.install("ann");
    await scene.install("ben", installedBy(BEN), inDoc("plan"));
    for (const name of ["ann", "ben"]) {
      await scene.until(name, { Installed: "True", ConfigurationBound: "True" });
    }
    return { scene, live };
  };

  /** Nothing has changed yet; then the change is applied, and every install becomes what was foretold. */
  const comesTrue = async (scene: Scene, report: SimulationReport, apply: () => Promise<unknown>): Promise<void> => {
    const before = await installsOf(scene);
    const expected = Object.fromEntries(
      [...before].map(([name, install]) => [
        name,
        foretold(
          seen(install),
          report.installs.find((it) => it.namespace === scene.name && it.name === name),
        ),
      ]),
    );
    expect(Object.values(expected)).not.toEqual([...before.values()].map(seen));
    await apply();
    await eventually(
      "it is as foretold",
      async () => {
        const after = await installsOf(scene);
        expect(Object.fromEntries([...after].map(([name, install]) => [name, seen(install)]))).toEqual(expected);
        return true;
      },
      { deadlineMs: 20_000 },
    );
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "packctl-simulate-"));
    [stage, program] = await Promise.all([Stage.start({ organization: UNGUARDED }), bundled(folder)]);
    const controller = stage.launch();
    await controller.ready();
    await controller.leading();
  });

  afterAll(async () => {
    await stage?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("foretells a narrowed group: who is out leaves, who is in stays", async () => {
    const { scene } = await team("narrowed");
    const group = `${scene.name}-sales`;
    const changed = {
      apiVersion: "packs.dev/v1alpha1",
      kind: "PackGroup",
      metadata: { name: group },
      spec: { members: [BEN] },
    };
    const report = await simulation(1, "-f", await file("group.json", changed));
    expect(report.summary).toMatchObject({ uninstalled: 1, installed: 0, refused: 0, waiting: 0 });
    expect(report.installs).toMatchObject([
      { name: "ann", effect: "Uninstalled", causes: { effect: [`PackGroup ${group}`] } },
    ]);
    await comesTrue(scene, report, () => stage.edit(changed, { members: [BEN] }));
  });

  it("S1-48 foretells a deleted configuration, and writes nothing until then", async () => {
    const { live, scene } = await team("deleted");
    const { name } = live.metadata;
    const report = await simulation(1, "--delete", `packconfiguration/${name}`);
    expect(report.summary.uninstalled).toBe(2);
    const diff = await run("diff", "--delete", `packconfiguration/${name}`, "-o", "json");
    expect(diff.code).toBe(1);
    expect((JSON.parse(diff.stdout) as DiffReport).configurations).toMatchObject([
      { name, change: "deleted", bound: [`${scene.name}/ann`, `${scene.name}/ben`] },
    ]);
    const { metadata, spec } = await stage.admin.get<PackConfiguration>(PACK_CONFIGURATION, { name });
    expect(spec).toEqual(live.spec);
    expect(metadata).toMatchObject({ uid: live.metadata.uid, generation: live.metadata.generation });
    expect(metadata.deletionTimestamp).toBeUndefined();
    await comesTrue(scene, report, () => stage.remove(live));
  });

  it("foretells a denied pack", async () => {
    const { scene } = await team("denied");
    const never = packConfiguration(`${scene.name}-never`, about(scene.name), denied());
    const path = await file("denied.json", never);
    const report = await simulation(1, "-f", path);
    expect(report.installs.map(({ after }) => after.reason)).toEqual(["PackDenied", "PackDenied"]);
    const sarif = await run("simulate", "-f", path, "-o", "sarif");
    expect(JSON.parse(sarif.stdout)).toMatchObject({
      runs: [{ results: [{ ruleId: "PACK501", locations: [{ physicalLocation: { region: { startLine: 1 } } }] }] }],
    });
    await comesTrue(scene, report, () => stage.create(never));
  });

  it("S1-46 foretells what a new trial finds, and that nobody loses anything", async () => {
    const { scene } = await team("trial");
    const next = packConfiguration(`${scene.name}-next`, about(scene.name), onTrial(), allowingDomains("other.com"));
    const report = await simulation(0, "-f", await file("trial.json", next), "--fail-on", "loss");
    expect(report.summary).toMatchObject({ uninstalled: 0, losing: 0, trialViolations: 2 });
    await comesTrue(scene, report, () => stage.create(next));
  });

  it("foretells building blocks that are switched off", async () => {
    const { live, scene } = await team("narrowed-use");
    const narrow = packConfiguration(
      live.metadata.name,
      about(scene.name),
      forGroups(`${scene.name}-sales`),
      enabling({ fetches: "Allow" }),
    );
    const path = await file("narrow.json", narrow);
    const report = await simulation(0, "-f", path);
    expect(report.installs.map(({ disabled }) => disabled)).toEqual([
      [{ name: "formula AddNote", reason: "NotListed" }],
      [{ name: "formula AddNote", reason: "NotListed" }],
    ]);
    expect((await run("simulate", "-f", path, "--fail-on", "loss")).code).toBe(1);
    const diff = await run("diff", "-f", path);
    expect(diff.code).toBe(0);
    expect(diff.stdout).toContain("- components: only what is listed: allow what only reads; before: everything\n");
    expect(diff.stdout).toContain("2 installs bound to it, 0 would be uninstalled\n");
    await comesTrue(scene, report, () => stage.edit(live, { components: { allow: "Listed", fetches: "Allow" } }));
  });

  it("refuses a change that the API server would refuse, with the rules of lint", async () => {
    const path = join(folder, "wrong.yaml");
    await writeFile(
      path,
      "apiVersion: packs.dev/v1alpha1\nkind: PackConfiguration\nmetadata:\n  name: a\nspec:\n  x: 1\n",
    );
    const { code, stderr, stdout } = await run("simulate", "-f", path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`${path}:6:3: PACK101: PackConfiguration a: \`spec.x\``);
  });
});
