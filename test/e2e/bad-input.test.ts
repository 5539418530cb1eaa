/** Bad input: what the schema cannot refuse is refused by a sentence, and never opens anything. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  API_VERSION,
  PACK_ACCOUNT,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_DOC,
  PACK_FOLDER,
  PACK_GROUP,
  PACK_REQUEST,
  PACK_REVIEW,
  type Resource,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Formula, PackConfigurationSpec } from "../../src/api/v1alpha1/index.ts";
import { describeCluster } from "../cluster/harness.ts";
import { kstatusOf, type Observed } from "../gen/kstatus.ts";
import { allowingDomains, configuredBy, definedBy, forGroups, inDoc, reaching } from "../gen/objects.ts";
import { allThere, messageOf, nothingLeft, ORGANIZATION, Stage, untilConditions, untilOrganization } from "./kit.ts";

const WRITE = { fieldManager: "test" };

describeCluster("bad input", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start();
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

  describe("what this version does not enforce is accepted nowhere", () => {
    it("a doc in `docRef`", async () => {
      const scene = await stage.scene("docref");
      await scene.define();
      await scene.configure();
      await scene.install("crm", inDoc("handbook"));
      const install = await scene.until("crm", { Ready: "False NotYetSupported", Accepted: "False NotYetSupported" });
      expect(messageOf(install)).toContain("docRef");
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it.each([
      ["a group as a subject", forGroups("engineering")],
      [
        "the audience of a doc",
        configuredBy({ doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } } }),
      ],
      [
        "a PackDoc among the docs",
        configuredBy({ doc: { sharing: { allow: "Listed", allowedDocs: ["team/handbook"] } } }),
      ],
      ["a trial", configuredBy({ enforcement: "Audit" })],
    ])("%s in a configuration", async (_, change) => {
      const scene = await stage.scene("unsupported");
      await scene.define();
      const configuration = await scene.configure("new", change);
      const object = await untilConditions(
        stage,
        PACK_CONFIGURATION,
        { name: configuration.metadata.name },
        { Accepted: "False NotYetSupported", Stalled: "True NotYetSupported" },
      );
      expect(messageOf(object, "Accepted")).toMatch(/\.$/);
      await scene.install();
      await scene.until("crm", { Installed: "False" });
      expect(nothingLeft(await scene.children())).toBe(true);
    });

    it("a definition that needs a review: more domains than the organization accepts (S0-23)", async () => {
      const scene = await stage.scene("review");
      await stage.edit(ORGANIZATION, { maxUnreviewedDomains: 1 });
      await scene.define(reaching("a.crm.com", "b.crm.com"));
      await definition(scene.name, { Accepted: "False NotYetSupported", Reviewed: "False ReviewRequired" });
      await scene.configure();
      await scene.install();
      await scene.until("crm", { Ready: "False DefinitionNotAccepted" });
      await stage.edit(ORGANIZATION, { maxUnreviewedDomains: 8 });
      await scene.ready();
    });

    it("approvals in the organization: it counts as unknown, so nothing new is installed", async () => {
      const scene = await stage.scene("approvals");
      const old = await stage.scene("approvals-old");
      await old.running();
      await stage.edit(ORGANIZATION, { approvals: { mode: "Required" } });
      await untilOrganization(stage, { Ready: "False NotYetSupported" });
      await scene.define();
      await scene.configure();
      await scene.install();
      await scene.until("crm", { Ready: "False OrganizationNotFound" });
      expect((await old.children()).grant?.spec.state).toBe("Active");
      await stage.edit(ORGANIZATION, { approvals: { mode: "Off" } });
      await scene.ready();
    });

    const meta = (name: string, namespace?: string) => ({ name, ...(namespace === undefined ? {} : { namespace }) });
    const KINDS: readonly (readonly [Resource, (namespace: string) => Readonly<Record<string, unknown>>])[] = [
      [PACK_REVIEW, () => ({ packRef: { name: "crm" }, reviewDigest: `sha256:${"0".repeat(64)}`, reviewer: "admin" })],
      [
        PACK_ACCOUNT,
        () => ({ packRef: { name: "crm" }, owner: "admin", credential: { secretRef: { name: "token" } } }),
      ],
      [PACK_REQUEST, () => ({ packRef: { name: "crm" }, requester: "admin", reason: "we need it" })],
      [PACK_GROUP, () => ({ members: ["ann@example.com"] })],
      [PACK_DOC, () => ({ owner: "admin" })],
      [PACK_FOLDER, () => ({})],
    ];

    it.each(KINDS.map(([resource, spec]) => [resource.kind, resource, spec] as const))(
      "a %s says so itself",
      async (kind, resource, spec) => {
        const scene = await stage.scene("kind");
        const namespace = resource.namespaced ? scene.name : undefined;
        const name = scene.name;
        const object = { apiVersion: API_VERSION, kind, metadata: meta(name, namespace), spec: spec(scene.name) };
        await stage.admin.create(resource, object, WRITE);
        const found = await untilConditions(stage, resource, meta(name, namespace), {
          Ready: "False NotYetSupported",
          Stalled: "True NotYetSupported",
        });
        expect(kstatusOf(found as Observed)).toBe("Failed");
      },
    );
  });
});
