/** `packctl explain` and `packctl can-i` beside a real controller: what they say is what it has done. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import type { KubeObject } from "../../src/api/meta.ts";
import type { CanIReport } from "../../src/cli/can-i/report.ts";
import type { Explanation } from "../../src/cli/explain/report.ts";
import { describeCluster } from "../cluster/harness.ts";
import { applyObjects } from "../cluster/manifests.ts";
import {
  ANN,
  acceptingDomains,
  action,
  allowingDomains,
  BEN,
  enabling,
  forGroups,
  formula,
  forUsers,
  inDoc,
  onTrial,
  organization,
  organizedBy,
  reaching,
  share,
  sharedWithin,
} from "../gen/objects.ts";
import { bundled, type Ended, packctl } from "../golden/program.ts";
import { type Scene, Stage } from "./kit.ts";
import { untilUninstalled } from "./leaving.ts";

const CONTACT = "#ask-platform";
const ORGANIZATION = organization(acceptingDomains(1), organizedBy({ supportContact: CONTACT }));

/** Sees what is in its namespace, and nothing that is cluster-wide. */
const viewerOf = (namespace: string, user: string): KubeObject =>
  ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "views", namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "packs-viewer" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  }) as KubeObject;

describeCluster("packctl explain and can-i", () => {
  let stage: Stage;
  let folder: string;
  let program: string;
  let kubeconfig: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "packs-explain-"));
    [stage, program] = await Promise.all([Stage.start({ organization: ORGANIZATION }), bundled(folder)]);
    kubeconfig = stage.plane.kubeconfig;
    const controller = stage.launch();
    await controller.ready();
    await controller.leading();
  });

  afterAll(async () => {
    await stage?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], as = kubeconfig): Promise<Ended> =>
    packctl([...args, "--kubeconfig", as], { program });

  const explain = async (
    { name }: Scene,
    install = "crm",
    as = kubeconfig,
  ): Promise<{ readonly code: number | null; readonly said: Explanation }> => {
    const { code, stderr, stdout } = await run(["explain", `install/${install}`, "-n", name, "-o", "json"], as);
    expect(stderr).toBe("");
    return { code, said: JSON.parse(stdout) };
  };

  const screen = async ({ name }: Scene, install = "crm"): Promise<string> =>
    (await run(["explain", install, "-n", name])).stdout;

  const canI = async (
    user: string,
    what: string,
    doc: string,
  ): Promise<{ readonly code: number | null; readonly said: CanIReport }> => {
    const { code, stdout } = await run(["can-i", user, "invoke", what, "--doc", doc, "-o", "json"]);
    return { code, said: JSON.parse(stdout) };
  };

  it("S0-48 an install that runs: what it grants is what the controller has written", async () => {
    const scene = await stage.scene("runs");
    await scene.define(formula("Get", { parameters: [{ name: "project", type: "String" }] }), action("Write"));
    await scene.configure(
      "view",
      enabling({
        fetches: "Allow",
        formulas: [{ name: "Get", parameters: [{ name: "project", rule: { values: ["X"] } }] }],
      }),
    );
    await scene.install();
    const install = await scene.ready();
    const { code, said } = await explain(scene);
    expect(code).toBe(0);
    expect(said).toMatchObject({
      works: true,
      outcome: "Installed",
      headline: "It is installed and ready.",
      contact: CONTACT,
      configuration: { name: `${scene.name}-view`, bound: true, installer: { name: ANN, admitted: "yes" } },
      hidden: [],
    });
    expect(said.checks.every(({ result }) => result === "Passed")).toBe(true);
    expect(said.grants?.inForce).toBe(true);
    expect(said.grants?.domains.map(({ domain }) => domain)).toEqual(install.status?.hosts);
    expect(said.grants?.components.map(({ kind, name, enabled }) => ({ kind, name, enabled }))).toEqual(
      install.status?.components?.map(({ kind, name, state }) => ({ kind, name, enabled: state === "Enabled" })),
    );
    const text = await screen(scene);
    expect(text).toMatch(/^ {2}Formula +Write +off +.*Ask an administrator to list it\. \(`spec\.components`\)$/m);
    expect(text).toMatch(/^ {2}Formula +Get +on +The parameter 'project' must be given/m);

    const get = await canI(BEN, `${scene.name}/Get`, scene.name);
    expect(get).toMatchObject({ code: 0, said: { allowed: true, install: `${scene.name}/crm` } });
    const write = await canI(BEN, `${scene.name}/Write`, scene.name);
    expect(write).toMatchObject({ code: 1, said: { allowed: false } });
    expect(write.said.components[0]?.denial).toMatchObject({
      reason: "ComponentDisabled",
      configuration: `${scene.name}-view`,
      contact: CONTACT,
    });
    expect((await canI(BEN, scene.name, scene.name)).said.components).toHaveLength(2);
  });

  it("S0-48 one that waits for a review says what for, and what a reviewer writes", async () => {
    const scene = await stage.scene("review");
    await scene.define(reaching("api.crm.com", "files.crm.com"));
    await scene.configure();
    await scene.install();
    await scene.until("crm", { Ready: "False ReviewRequired" });
    const { code, said } = await explain(scene);
    expect(code).toBe(1);
    expect(said.headline).toMatch(/^It is not installed yet and waits: .*needs a review/);
    expect(said.checks.find(({ result }) => result !== "Passed")).toMatchObject({
      check: "PackReviewed",
      result: "Waiting",
    });
    expect(said.review?.open).toHaveLength(1);
    expect(said.grants?.domains.map(({ state }) => state)).toEqual(["WaitingForReview", "WaitingForReview"]);
    expect(said.todo[0]).toContain("Ask a reviewer");
    expect(await canI(ANN, scene.name, scene.name)).toMatchObject({
      code: 1,
      said: { allowed: false, denial: { reason: "ReviewRequired" } },
    });
  });

  it("S1-53 one that could have several configurations names them", async () => {
    const scene = await stage.scene("several");
    await scene.define();
    await scene.configure("all");
    await scene.configure("view", enabling({ fetches: "Allow" }));
    await scene.install();
    const { status } = await scene.until("crm", { Ready: "False ConfigurationAmbiguous" });
    const { code, said } = await explain(scene);
    expect(code).toBe(1);
    expect(said.candidates.map(({ name }) => name)).toEqual(status?.candidates);
    expect(await screen(scene)).toMatch(/^ {2}\S+-view +all members: all fetches$/m);
  });

  it("S1-52 one whose installer has no configuration says whom to ask, and that he can ask for the pack", async () => {
    const scene = await stage.scene("nobody");
    await scene.define();
    await scene.configure("bens", forUsers(BEN));
    await scene.install();
    await scene.until("crm", { Ready: "False NoAccessibleConfiguration" });
    const text = await screen(scene);
    expect(text).toMatch(/^Whom to ask +#ask-platform$/m);
    expect(text).toContain("Or ask for the pack: create a PackRequest");
  });

  it("S1-54 one that a group's edit has uninstalled says when, why, and by which configuration", async () => {
    const scene = await stage.scene("left");
    const group = await scene.group("sales", { members: [ANN] });
    await scene.define();
    await scene.configure("sales", forGroups(group.metadata.name));
    await scene.install();
    await scene.ready();
    expect((await explain(scene)).said.configuration?.installer).toMatchObject({
      admitted: "yes",
      by: `by the group '${group.metadata.name}'`,
    });
    await stage.edit(group, { members: [BEN] });
    const { status } = await untilUninstalled(scene, "InstallerAccessLost");
    const { code, said } = await explain(scene);
    expect({ code, outcome: said.outcome }).toEqual({ code: 1, outcome: "Latched" });
    expect(said.uninstalled).toEqual(status?.uninstalled);
    expect(said.uninstalled).toMatchObject({ configuration: `${scene.name}-sales`, contact: CONTACT });
    expect(said.checks.find(({ result }) => result === "Failed")?.reason).toBe("NoAccessibleConfiguration");
    expect(await canI(BEN, scene.name, scene.name)).toMatchObject({
      code: 1,
      said: { denial: { reason: "Uninstalled" } },
    });
  });

  it("S3-1 one whose doc is shared too widely names who has no access", async () => {
    const scene = await stage.scene("wide");
    await scene.define();
    await scene.configure("anns", forUsers(ANN), sharedWithin());
    await scene.doc("plan", { sharing: [share("User", BEN)] });
    await scene.install("crm", inDoc("plan"));
    await scene.until("crm", { Ready: "False SharingIncompatible" });
    const { said } = await explain(scene);
    expect(said.audience.entries).toEqual([
      { kind: "User", name: ANN, access: "yes" },
      { kind: "User", name: BEN, access: "no" },
    ]);
    expect(said.checks.find(({ result }) => result === "Failed")).toMatchObject({
      check: "AudienceCovered",
      reason: "SharingIncompatible",
    });
  });

  it("one that a configuration on trial would uninstall says so, and works", async () => {
    const scene = await stage.scene("trial");
    await scene.define();
    await scene.configure();
    await scene.install();
    await scene.ready();
    await scene.configure("next", onTrial(), allowingDomains("other.com"));
    const { status } = await scene.until("crm", { PolicyFit: "False" });
    const { code, said } = await explain(scene);
    expect(code).toBe(0);
    expect(said.trials).toMatchObject([{ configuration: `${scene.name}-next`, reason: "DomainsNotAllowed" }]);
    expect(status?.trials).toEqual(said.trials);
  });

  test("who may not see what decides is told so, and what the controller says", async () => {
    const scene = await stage.scene("blind");
    await scene.running();
    await applyObjects(stage.admin, [viewerOf(scene.name, "viewer@example.com")]);
    const viewer = await stage.plane.kubeconfigFor("viewer@example.com");
    const { code, said } = await explain(scene, "crm", viewer);
    expect(code).toBe(0);
    expect(said.headline).toBe("You may not see all that decides it. The controller says: It is ready.");
    expect(said.hidden).toContain("you may not list PackConfiguration objects");
  });

  test("an install that is not there ends with 1, and a wrong word with 2", async () => {
    const scene = await stage.scene("none");
    await scene.install("crm");
    const none = await run(["explain", "install/crn", "-n", scene.name]);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toContain("Did you mean 'crm'?");
    expect(await run(["explain", "pod/crm", "-n", scene.name])).toMatchObject({ code: 2, stdout: "" });
  });
});
