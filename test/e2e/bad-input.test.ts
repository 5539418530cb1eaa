/** Bad input: what the schema cannot refuse is refused by a sentence, and never opens anything. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  API_VERSION,
  PACK_ACCOUNT,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_FOLDER,
  PACK_REQUEST,
  PACK_REVIEW,
  type Resource,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Formula, PackConfigurationSpec, PackFolder } from "../../src/api/v1alpha1/index.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { kstatusOf, type Observed } from "../gen/kstatus.ts";
import {
  ANN,
  allowingDomains,
  definedBy,
  enabling,
  forGroups,
  formula,
  forUsers,
  inDoc,
  installedBy,
  OUTSIDER,
  reaching,
  share,
  sharedWithin,
} from "../gen/objects.ts";
import { allThere, messageOf, nothingLeft, Stage, UNGUARDED, untilConditions } from "./kit.ts";

/** One formula, of whose only parameter every value must match. */
const restricting = (pattern: string) => [{ name: "GetDeal", parameters: [{ name: "id", rule: { pattern } }] }];

describeCluster("bad input", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start({ organization: UNGUARDED });
    const controller = stage.launch();
    await controller.ready();
    await controller.leading();
  });

  afterAll(() => stage?.stop());

  const definition = (name: string, wanted: Readonly<Record<string, string | null>>) =>
    untilConditions(stage, PACK_DEFINITION, { name }, wanted);

  describe("domains", () => {
    it.each([
      ["github.io", /public suffix/],
      ["co.uk", /public suffix/],
      ["s3.amazonaws.com", /public suffix/],
      ["xn--zzzzzzzz.com", /A-label/],
      ["crm.example", /'example'/],
      ["api.home.arpa", /arpa/],
    ])("'%s' is not accepted, in a sentence, and a pack with it is not installed", async (domain, sentence) => {
      const scene = await stage.scene("domain");
      try {
        await scene.define(reaching(domain));
      } catch (refused) {
        // The API server may say no first; then there is nothing to look at.
        expect((refused as Error).message).toMatch(/networkDomains/);
        return;
      }
      const object = await definition(scene.name, { Accepted: "False InvalidDomain", Stalled: "True InvalidDomain" });
      expect(messageOf(object, "Accepted")).toMatch(sentence);
      expect(messageOf(object, "Accepted")).toContain(`'${domain}'`);
      expect(kstatusOf(object as Observed)).toBe("Failed");
      await scene.configure();
      await scene.install();
      await scene.until("crm", { Ready: "False DefinitionNotAccepted" });
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it.each([
      "аpi.crm.com",
      "api.crm.com.",
      "*.crm.com",
      "10.0.0.1",
      "API.crm.com",
      "crm.com:443",
      "https://crm.com",
      "a b.com",
      "a_b.crm.com",
      "x.svc",
      "crm.com/path",
      "",
    ])("'%s' does not even reach the store", async (domain) => {
      const scene = await stage.scene("spelling");
      await expect(scene.define(reaching(domain))).rejects.toThrow(/networkDomains/);
    });
  });

  describe("lists that narrow", () => {
    it("emptied by server-side apply, allow nothing: the pack is uninstalled, not opened", async () => {
      const scene = await stage.scene("emptied");
      await scene.define();
      const full = (network: PackConfigurationSpec["network"]): KubeObject & { spec: PackConfigurationSpec } => ({
        apiVersion: API_VERSION,
        kind: "PackConfiguration",
        metadata: { name: `${scene.name}-members` },
        spec: { packRef: { name: scene.name }, access: { scope: "Organization" }, ...(network ? { network } : {}) },
      });
      const gitops = { fieldManager: "gitops", force: true };
      await stage.admin.apply(PACK_CONFIGURATION, full({ allow: "Listed", allowedDomains: ["crm.com"] }), gitops);
      await scene.install();
      await scene.ready();
      await stage.admin.apply(PACK_CONFIGURATION, full({ allow: "Listed", allowedDomains: [] }), gitops);
      await scene.until("crm", { Installed: "False DomainsNotAllowed" });
      await scene.untilChildren("nothing is left", nothingLeft);
    });

    it("cannot lose their sibling `allow`", async () => {
      const scene = await stage.scene("sibling");
      await scene.define();
      const configuration = await scene.configure("narrow", allowingDomains("crm.com"));
      await expect(stage.edit(configuration, { network: { allow: null } })).rejects.toThrow(/allow/);
      await expect(stage.edit(configuration, { network: { allow: "All" } })).rejects.toThrow(/allowedDomains|Listed/);
    });
  });

  describe("sizes", () => {
    const parameters = (count: number, characters: number) =>
      Array.from({ length: count }, (_, index) => ({
        name: `p${index}`,
        type: "String" as const,
        description: "x".repeat(characters),
      }));
    const formulas = (count: number, perFormula: number, characters: number): Formula[] =>
      Array.from({ length: count }, (_, index) => ({
        name: `Formula${index}`,
        description: "x".repeat(characters),
        parameters: parameters(perFormula, characters),
      }));

    it("an object near etcd's limit is stored and acted upon", async () => {
      const scene = await stage.scene("large");
      let list = formulas(100, 20, 500);
      const size = (): number => Buffer.byteLength(JSON.stringify(list));
      while (size() > 1_100_000) list = list.slice(1);
      expect(size()).toBeGreaterThan(900_000);
      await scene.define(definedBy({ formulas: list }));
      await scene.configure();
      await scene.install();
      await scene.ready();
    });

    it("a policy that would pass 512 KiB is refused, and what was installed is revoked, not left as it was", async () => {
      const scene = await stage.scene("too-large");
      await scene.define(definedBy({ formulas: formulas(60, 1, 0) }));
      const configuration = await scene.configure();
      await scene.install();
      await scene.ready();
      const values = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(250, "v"));
      const named = Array.from({ length: 30 }, (_, index) => ({
        name: `Formula${index}`,
        parameters: [{ name: "p0", rule: { values } }],
      }));
      await stage.edit(configuration, { components: { allow: "Listed", formulas: named } });
      const install = await scene.until("crm", { Ready: "False PolicyTooLarge", Stalled: "True PolicyTooLarge" });
      expect(messageOf(install)).toContain("524288");
      const { grant } = await scene.children();
      expect(grant?.spec).toMatchObject({ state: "Revoked", reason: "PolicyTooLarge" });
      await stage.edit(configuration, { components: null });
      await scene.ready();
      expect((await scene.children()).grant?.spec.state).toBe("Active");
    });

    it("names of the greatest length work; longer ones do not reach the store", async () => {
      const scene = await stage.scene("long");
      await scene.define();
      await scene.configure();
      const name = `i${"x".repeat(62)}`;
      await expect(scene.install(`${name}x`)).rejects.toThrow(/63/);
      await expect(scene.install("a.b")).rejects.toThrow(/metadata.name/);
      await scene.install(name);
      await scene.ready(name);
      expect(allThere(await scene.children(name))).toBe(true);
    });
  });

  describe("what is not there, or is not what it seems, opens nothing", () => {
    it("S1-31 a configuration that names components which do not exist says so, and enables none", async () => {
      const scene = await stage.scene("unknown");
      await scene.define(formula("GetDeal"));
      const configuration = await scene.configure(
        "typo",
        enabling({ formulas: [{ name: "GetDeals" }], syncTables: [{ name: "Deals" }] }),
      );
      const { name } = configuration.metadata;
      const object = await untilConditions(
        stage,
        PACK_CONFIGURATION,
        { name },
        { Accepted: "True Accepted", ReferencesResolved: "False ComponentNotFound", Ready: "False ComponentNotFound" },
      );
      expect(messageOf(object)).toContain("'formula GetDeals' and 'sync table Deals'");
      await scene.install();
      await scene.until("crm", { Installed: "True" });
      const { grant } = await scene.children();
      expect(grant?.spec.components).toMatchObject([{ name: "GetDeal", enabled: false }]);
    });

    it("S1-2 a group that names nobody, or another group instead of its people, admits nobody", async () => {
      const scene = await stage.scene("groups");
      const inner = await scene.group("inner", { members: [ANN] });
      await scene.group("outer", { members: [inner.metadata.name] });
      await scene.group("empty", {});
      await scene.define();
      const names = ["outer", "empty", "missing"].map((suffix) => `${scene.name}-${suffix}`);
      const configuration = await scene.configure("groups", forGroups(...names));
      await untilConditions(
        stage,
        PACK_CONFIGURATION,
        { name: configuration.metadata.name },
        { Accepted: "True", SubjectsResolved: "False GroupNotFound" },
      );
      await scene.install();
      await scene.until("crm", { Ready: "False NoAccessibleConfiguration" });
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it.each(["ann@EXAMPLE.COM", "ANN@example.com", " ann@example.com", "ann@example.com@example.com"])(
      "a user who is spelled '%s' is somebody else than ann@example.com",
      async (user) => {
        const scene = await stage.scene("spelled");
        await scene.define();
        await scene.configure("ann", forUsers(ANN));
        await scene.install("crm", installedBy(user)).then(
          () => scene.until("crm", { Ready: "False NoAccessibleConfiguration" }),
          (refused: Error) => expect(refused.message).toMatch(/installer/),
        );
        expect(nothingLeft(await scene.children())).toBe(true);
      },
    );

    it("folders twenty deep are not followed to the top, and nobody guesses who is in them", async () => {
      const scene = await stage.scene("deep");
      const folders = Array.from({ length: 20 }, (_, index) => `f${index}`);
      for (const [index, name] of folders.entries()) {
        await scene.folder(name, index === 0 ? {} : { parentRef: { name: `f${index - 1}` } });
      }
      const deepest = { namespace: scene.name, name: "f19" };
      const folder = await untilConditions<PackFolder>(stage, PACK_FOLDER, deepest, { Ready: "False AudienceUnknown" });
      expect(kstatusOf(folder as Observed)).toBe("InProgress");
      await scene.define();
      await scene.configure("members", sharedWithin());
      const doc = await scene.doc("plan", { folderRef: { name: "f19" } });
      await scene.install("crm", inDoc("plan"));
      await scene.until("crm", { Ready: "False AudienceUnknown", Stalled: null });
      expect(nothingLeft(await scene.children())).toBe(true);
      await stage.edit(doc, { folderRef: { name: "f15" } });
      await scene.until("crm", { Installed: "True" });
    });

    it("a group that was deleted shares a doc with nobody, until it is back with an outsider", async () => {
      const scene = await stage.scene("shared");
      const group = await scene.group("guests", { members: [OUTSIDER] });
      await scene.doc("plan", { sharing: [share("Group", group.metadata.name)] });
      await scene.define();
      await scene.configure("members", sharedWithin());
      await scene.install("crm", inDoc("plan"));
      await scene.until("crm", { Ready: "False SharingIncompatible" });
      await stage.remove(group);
      await scene.until("crm", { Installed: "True" });
      await scene.group("guests", { members: [OUTSIDER] });
      await scene.until("crm", { Installed: "False SharingIncompatible" });
      await scene.untilChildren("nothing is left", nothingLeft);
    });

    it.each([
      ["looks back", "(a+)\\1"],
      ["looks ahead", "(?=a)b"],
      ["repeats what repeats", "((a{100}){100}){100}"],
    ])("a regular expression that %s does not reach the store", async (_, pattern) => {
      const scene = await stage.scene("pattern");
      await expect(scene.configure("members", enabling({ formulas: restricting(pattern) }))).rejects.toThrow(
        /spec\.components\.formulas\[0\]\.parameters\[0\]\.rule\.pattern/,
      );
    });

    it("a regular expression that is too large is refused by its place, and closes what it was to restrict", async () => {
      const scene = await stage.scene("pattern");
      await scene.define(formula("GetDeal", { parameters: [{ name: "id", type: "String" }] }));
      const configuration = await scene.configure();
      await scene.install();
      await scene.ready();
      await stage.edit(configuration, {
        components: { allow: "Listed", formulas: restricting("(abcdefghij){300}") },
      });
      const { name } = configuration.metadata;
      const object = await untilConditions(stage, PACK_CONFIGURATION, { name }, { Accepted: "False InvalidSpec" });
      expect(messageOf(object, "Accepted")).toContain("spec.components.formulas[0].parameters[0].rule.pattern");
      await scene.until("crm", { Ready: "False ConfigurationNotAccepted", Installed: "True Installed" });
      expect((await scene.children()).grant?.spec.state).toBe("Suspended");
      await stage.edit(configuration, { components: null });
      await scene.until("crm", { Ready: "True Succeeded" });
    });

    const KINDS: readonly (readonly [Resource, object, Readonly<Record<string, string>>])[] = [
      [
        PACK_REVIEW,
        { reviewDigest: `sha256:${"0".repeat(64)}`, reviewer: "admin" },
        { Ready: "False PackNotFound", Accepted: "False PackNotFound" },
      ],
      [
        PACK_ACCOUNT,
        { owner: ANN, credential: { secretRef: { name: "token" } } },
        { Ready: "False PackNotFound", Accepted: "False PackNotFound" },
      ],
      [PACK_REQUEST, { requester: "admin" }, { Ready: "False PackNotFound", Accepted: "True" }],
    ];

    it.each(KINDS.map(([resource, spec, wanted]) => [resource.kind, resource, spec, wanted] as const))(
      "a %s of a pack that does not exist waits for it",
      async (kind, resource, spec, wanted) => {
        const scene = await stage.scene("kind");
        const ref = { name: scene.name, ...(resource.namespaced ? { namespace: scene.name } : {}) };
        const whole = { packRef: { name: scene.name }, ...spec };
        await stage.create({ apiVersion: API_VERSION, kind, metadata: ref, spec: whole } as KubeObject);
        const found = await untilConditions(stage, resource, ref, wanted);
        expect(kstatusOf(found as Observed)).toBe("InProgress");
        await scene.define();
        await eventually("it has found the pack", async () => {
          const { status } = await stage.admin.get<typeof found>(resource, ref);
          return status?.conditions?.every(({ reason }) => reason !== "PackNotFound");
        });
      },
    );
  });
});
