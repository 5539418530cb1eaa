/** What the API server does with objects of these kinds over time: defaults, changes, apply, selectors. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import {
  API_VERSION,
  CUSTOM_RESOURCE_DEFINITION,
  crdName,
  PACK_ACCOUNT,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_GRANT,
  PACK_GROUP,
  PACK_INSTALL,
  PACK_KINDS,
  PACK_REQUEST,
  type Resource,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { PackConfiguration, PackDefinition, PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { Client } from "../../src/kube/client.ts";
import { ApiError } from "../../src/kube/errors.ts";
import type { Access } from "../cluster/access.ts";
import { clientFrom, describeCluster, freshNamespace, sharedCluster } from "../cluster/harness.ts";
import { installCrds } from "../cluster/manifests.ts";
import { account, configuration, install, SAMPLES, type Sample, sample, smallDefinition } from "./samples.ts";

const CRDS = join(import.meta.dirname, "..", "..", "crds");
const MANAGER = { fieldManager: "test" };

type Crd = KubeObject & {
  readonly spec: {
    readonly versions: readonly [
      { readonly additionalPrinterColumns: readonly { readonly name: string; readonly jsonPath: string }[] },
    ];
    readonly names: { readonly categories: readonly string[]; readonly shortNames: readonly string[] };
  };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
};

const refusal = async (write: Promise<unknown>): Promise<string> => {
  const answer = await write.catch((error: unknown) => error);
  if (answer instanceof ApiError) return answer.message;
  throw answer instanceof Error ? answer : new Error("it was accepted");
};

describeCluster("the kinds on a real API server", () => {
  let access: Access;
  let client: Client;
  let namespace: string;
  const made: { resource: Resource; object: KubeObject }[] = [];

  /** Names of cluster-scoped objects are made unique by the namespace's. */
  const named = (resource: Resource, spec: object, name: string): Sample =>
    resource.namespaced
      ? sample(resource.kind, spec, name, namespace)
      : sample(resource.kind, spec, `${namespace}-${name}`);

  const create = async <T extends KubeObject>(resource: Resource, spec: object, name: string): Promise<T> => {
    const object = await client.create(resource, named(resource, spec, name) as KubeObject, MANAGER);
    made.push({ resource, object });
    return object as T;
  };

  const apply = async <T extends KubeObject>(resource: Resource, object: KubeObject): Promise<T> =>
    (await client.apply(resource, object, MANAGER)) as T;

  beforeAll(async () => {
    access = await sharedCluster();
    client = clientFrom(access.endpoint.kubeconfig);
    await installCrds(client);
    namespace = await freshNamespace(client, "changes");
  });

  afterAll(async () => {
    for (const { resource, object } of made) await client.delete(resource, object.metadata);
    await client.close();
    await access.close();
  });

  test.each(PACK_KINDS.map((resource) => [resource.kind, resource] as const))(
    "%s installs without a complaint about its schema",
    async (_, resource) => {
      const crd = await client.get<Crd>(CUSTOM_RESOURCE_DEFINITION, { name: crdName(resource) });
      const wrong = crd.status.conditions.filter(
        ({ type, status }) => type === "NonStructuralSchema" && status === "True",
      );
      expect(wrong).toEqual([]);
      expect(crd.spec.names.categories).toEqual(["packs"]);
      expect(crd.spec.names.shortNames).toHaveLength(1);
      const columns = crd.spec.versions[0].additionalPrinterColumns.map(({ name }) => name);
      expect(columns.slice(0, 2)).toEqual(["READY", "REASON"]);
      expect(columns.at(-1)).toBe("AGE");
    },
  );

  test("no CRD is above 400 KB, and all together are under 1.5 MB", () => {
    const sizes = readdirSync(CRDS).map((file) => statSync(join(CRDS, file)).size);
    expect(sizes).toHaveLength(PACK_KINDS.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(400_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000);
  });

  test("every CRD file is named after its CRD", () => {
    for (const file of readdirSync(CRDS)) {
      const crd = parse(readFileSync(join(CRDS, file), "utf8")) as KubeObject;
      expect(file).toBe(`${crd.metadata.name}.yaml`);
    }
  });

  test.each(
    PACK_KINDS.filter(({ kind }) => !["PackOrganization", "PackGrant"].includes(kind)).map(
      (resource) => [resource.kind, resource] as const,
    ),
  )("a new %s says that nobody has looked at it, whatever status was sent with it", async (_, resource) => {
    const object = named(resource, SAMPLES[resource.kind]?.[0] ?? {}, "new");
    const sent = { ...object, status: { observedGeneration: 1 } } as KubeObject;
    const answer = await client.create(resource, sent, { ...MANAGER, dryRun: true });
    expect(answer).toMatchObject({ status: { observedGeneration: -1 } });
  });

  test("a PackGrant has no status, so that no tool waits for one", async () => {
    const answer = await client.create(PACK_GRANT, named(PACK_GRANT, SAMPLES["PackGrant"]?.[0] ?? {}, "new"), {
      ...MANAGER,
      dryRun: true,
    });
    expect(answer).not.toHaveProperty("status");
  });

  test("an object without a spec is refused, so apply cannot create an empty one", async () => {
    const object = { apiVersion: API_VERSION, kind: "PackInstall", metadata: { name: "empty", namespace } };
    expect(await refusal(apply(PACK_INSTALL, object))).toContain("spec: Required value");
  });

  test("a misspelt field is pruned in a lenient write", async () => {
    const object = named(PACK_DEFINITION, { ...smallDefinition, networkDomain: ["example.com"] }, "pruned");
    const answer = await access.request("POST", `/apis/${API_VERSION}/packdefinitions?dryRun=All`, object);
    expect(answer.code).toBe(201);
    expect(JSON.parse(answer.body).spec).not.toHaveProperty("networkDomain");
  });

  test("a misspelt field is refused by server-side apply", async () => {
    const object = named(PACK_DEFINITION, { ...smallDefinition, networkDomain: ["example.com"] }, "misspelt");
    expect(await refusal(apply(PACK_DEFINITION, object))).toContain("networkDomain");
  });

  test("defaults are written out", async () => {
    const { spec } = await create<PackDefinition>(PACK_DEFINITION, smallDefinition, "defaults");
    expect(spec.sandbox).toEqual({
      timeoutSeconds: 60,
      maxResponseBytes: 26214400,
      maxConcurrentRuns: 4,
      isolation: "PerUser",
    });
    const plain = { packRef: { name: "crm" }, access: { scope: "Organization" } };
    const config = await create<PackConfiguration>(PACK_CONFIGURATION, plain, "defaults");
    expect(config.spec).toMatchObject({ state: "Configured", enforcement: "Enforce", gracePeriodSeconds: 0 });
    const credential = await create<KubeObject>(PACK_ACCOUNT, { ...account, access: {} }, "defaults");
    expect(credential).toMatchObject({ spec: { access: { viewData: "Nobody", takeActions: "Owner" } } });
  });

  test("applying the same object twice changes no generation", async () => {
    const object = named(PACK_CONFIGURATION, configuration, "twice");
    const first = await apply<PackConfiguration>(PACK_CONFIGURATION, object);
    made.push({ resource: PACK_CONFIGURATION, object: first });
    const second = await apply<PackConfiguration>(PACK_CONFIGURATION, object);
    expect(second.metadata.generation).toBe(first.metadata.generation);
    expect(second.spec).toEqual(first.spec);
  });

  const narrowing = [
    [
      "components",
      "components.formulas",
      (list: unknown) => ({ components: { allow: "Listed", formulas: list } }),
      [{ name: "GetDeal" }],
    ],
    [
      "components",
      "components.syncTables",
      (list: unknown) => ({ components: { allow: "Listed", syncTables: list } }),
      [{ name: "Deals" }],
    ],
    ["accounts", "accounts.types", (list: unknown) => ({ accounts: { allow: "Listed", types: list } }), ["Private"]],
    [
      "oauthScopes",
      "oauthScopes.allowed",
      (list: unknown) => ({ oauthScopes: { allow: "Listed", allowed: list } }),
      ["read"],
    ],
    [
      "network",
      "network.allowedDomains",
      (list: unknown) => ({ network: { allow: "Listed", allowedDomains: list } }),
      ["example.com"],
    ],
    [
      "doc",
      "doc.sharing.allowedDocs",
      (list: unknown) => ({ doc: { sharing: { allow: "Listed", allowedDocs: list } } }),
      ["a/b"],
    ],
    [
      "access",
      "access.subjects",
      (list: unknown) => ({ access: { scope: "Subjects", subjects: list } }),
      [{ kind: "User", name: "anna" }],
    ],
  ] as const;

  test.each(narrowing.map(([field, list, build, items]) => [list, field, build, items] as const))(
    "%s, emptied or removed by server-side apply, still narrows to nothing",
    async (list, field, build, items) => {
      const base = { packRef: { name: "crm" }, access: { scope: "Organization" } };
      const name = `narrow-${list.toLowerCase().replaceAll(".", "-")}`;
      const objectOf = (value: unknown): KubeObject =>
        JSON.parse(JSON.stringify(named(PACK_CONFIGURATION, { ...base, ...build(value) }, name))) as KubeObject;
      const word =
        field === "access"
          ? { scope: "Subjects" }
          : field === "doc"
            ? { sharing: { allow: "Listed" } }
            : { allow: "Listed" };
      made.push({ resource: PACK_CONFIGURATION, object: await apply(PACK_CONFIGURATION, objectOf(items)) });
      for (const emptied of [[], undefined]) {
        await apply(PACK_CONFIGURATION, objectOf(items));
        const { spec } = await apply<PackConfiguration>(PACK_CONFIGURATION, objectOf(emptied));
        expect(spec).toMatchObject({ [field]: word });
        expect(JSON.stringify(spec)).not.toContain(JSON.stringify(items[0]));
      }
    },
  );

  test("a list that narrows cannot be written without the word that says so", async () => {
    const spec = { packRef: { name: "crm" }, access: { scope: "Organization" }, components: { formulas: [] } };
    expect(await refusal(create(PACK_CONFIGURATION, spec, "wordless"))).toContain(
      "spec.components.allow: Required value",
    );
  });

  test.each([
    ["packRef", PACK_INSTALL, install, { packRef: { name: "other" } }, "spec.packRef"],
    ["installer", PACK_INSTALL, install, { installer: "other" }, "spec.installer"],
    ["docRef", PACK_INSTALL, install, { docRef: { name: "other" } }, "`docRef`"],
    ["docRef (removed)", PACK_INSTALL, install, { docRef: undefined }, "`docRef`"],
    ["packRef", PACK_CONFIGURATION, configuration, { packRef: { name: "other" } }, "`packRef`"],
    ["packRef", PACK_ACCOUNT, account, { packRef: { name: "other" } }, "spec.packRef"],
    ["owner", PACK_ACCOUNT, account, { owner: "other" }, "spec.owner"],
    ["packRef", PACK_REQUEST, SAMPLES["PackRequest"]?.[0] ?? {}, { packRef: { name: "other" } }, "spec.packRef"],
    ["requester", PACK_REQUEST, SAMPLES["PackRequest"]?.[0] ?? {}, { requester: "other" }, "spec.requester"],
  ] as const)(
    "%s of %o cannot be changed, and the refusal says what to do instead",
    async (field, resource, spec, change, blamed) => {
      const name = `fixed-${field.toLowerCase().replaceAll(/[^a-z]/g, "")}`;
      const object = await create<Sample>(resource, spec, name);
      const changed = { ...object, spec: { ...object.spec, ...change } } as KubeObject;
      const text = await refusal(client.replace(resource, changed, MANAGER));
      expect(text).toContain(blamed);
      expect(text).toContain("must not be changed; delete the object and create it again");
      const same = await client.get<Sample>(resource, object.metadata);
      await client.replace(resource, same, { ...MANAGER, dryRun: true });
    },
  );

  test("a selector can be neither changed nor turned into a name", async () => {
    const spec = { packSelector: { matchLabels: { tier: "a" } }, access: { scope: "Organization" } };
    const object = await create<Sample>(PACK_CONFIGURATION, spec, "selector");
    const change = (wanted: object): Promise<KubeObject> =>
      client.replace(PACK_CONFIGURATION, { ...object, spec: wanted } as KubeObject, MANAGER);
    const text = "`packSelector` must not be changed; delete the object and create it again";
    expect(await refusal(change({ ...spec, packSelector: { matchLabels: { tier: "b" } } }))).toContain(text);
    expect(await refusal(change({ packRef: { name: "crm" }, access: spec.access }))).toContain(text);
  });

  test("configurationRef is free before, fixed while, and may name the bound configuration while installed", async () => {
    const spec = { packRef: { name: "crm" }, installer: "anna", configurationRef: { name: "one" } };
    let object = await create<PackInstall>(PACK_INSTALL, spec, "bound");
    const point = (name: string | undefined): Promise<PackInstall> => {
      const { configurationRef: _, ...rest } = object.spec;
      const wanted = { ...object, spec: name === undefined ? rest : { ...rest, configurationRef: { name } } };
      return client.replace<PackInstall>(PACK_INSTALL, wanted, MANAGER);
    };
    const installed = async (status: "True" | "False"): Promise<void> => {
      const condition = {
        type: "Installed",
        status,
        reason: "Test",
        message: "",
        lastTransitionTime: "2026-11-23T15:04:05Z",
      };
      object = await client.replaceStatus<PackInstall>(
        PACK_INSTALL,
        { ...object, status: { conditions: [condition], boundConfiguration: { name: "bound" } } },
        MANAGER,
      );
    };

    object = await point("two");
    await installed("True");
    const text =
      "`configurationRef` must not be changed while the pack is installed; delete the install and create it again";
    expect(await refusal(point("three"))).toContain(text);
    expect(await refusal(point("three"))).toContain("spec.configurationRef: Forbidden");
    expect(await refusal(point(undefined))).toContain(text);
    object = await point("two");
    object = await point("bound");
    await installed("False");
    object = await point("three");
    expect(object.spec.configurationRef).toEqual({ name: "three" });
  });

  test("the status cannot be changed through the object, nor the spec through the status", async () => {
    const object = await create<PackInstall>(PACK_INSTALL, install, "apart");
    const through = await client.replace<PackInstall>(
      PACK_INSTALL,
      { ...object, status: { observedGeneration: 7 } },
      MANAGER,
    );
    expect(through.status?.observedGeneration).toBe(-1);
    const back = await client.replaceStatus<PackInstall>(
      PACK_INSTALL,
      { ...through, spec: { ...through.spec, suspend: true }, status: { observedGeneration: 1 } },
      MANAGER,
    );
    expect(back).toMatchObject({ spec: { suspend: false }, status: { observedGeneration: 1 } });
    expect(back.metadata.generation).toBe(1);
  });

  test.each([
    [PACK_INSTALL, "spec.packRef.name=crm-selected"],
    [PACK_INSTALL, "spec.installer=selected@example.com"],
    [PACK_INSTALL, "spec.configurationRef.name=selected"],
    [PACK_INSTALL, "spec.docRef.name=selected"],
    [PACK_INSTALL, "status.boundConfiguration.name=selected"],
  ] as const)("installs can be selected by a field: $1", async (resource, fieldSelector) => {
    const name = `selected-${fieldSelector.split("=")[0]?.toLowerCase().replaceAll(".", "-")}`;
    const spec = {
      packRef: { name: "crm-selected" },
      installer: "selected@example.com",
      configurationRef: { name: "selected" },
      docRef: { name: "selected" },
    };
    const object = await create<PackInstall>(PACK_INSTALL, spec, name);
    const status = { boundConfiguration: { name: "selected" } };
    await client.replaceStatus<PackInstall>(PACK_INSTALL, { ...object, status }, MANAGER);
    const { items } = await client.list(resource, { namespace, fieldSelector });
    expect(items.map((item) => item.metadata.name)).toContain(name);
    expect(items.map((item) => item.metadata.name)).not.toContain("apart");
  });

  test("configurations can be selected by pack and state", async () => {
    const object = await create<PackConfiguration>(
      PACK_CONFIGURATION,
      { packRef: { name: namespace }, state: "Denied" },
      "chosen",
    );
    const fieldSelector = `spec.packRef.name=${namespace},spec.state=Denied`;
    const { items } = await client.list(PACK_CONFIGURATION, { fieldSelector });
    expect(items.map((item) => item.metadata.name)).toEqual([object.metadata.name]);
  });

  const times = <T>(count: number, item: (index: number) => T): readonly T[] =>
    Array.from({ length: count }, (_, index) => item(index));
  const longName = (index: number): string => `${"N".repeat(45)}${String(index).padStart(5, "0")}`;

  test("the largest definition is accepted: rules are cheap enough for it", async () => {
    const domains = times(32, (index) => `${"a".repeat(40)}${index}.example.com`);
    const hosts = times(8, (index) => `${"b".repeat(40)}${index}.${domains[31]}`);
    const parameters = times(32, (index) => ({ name: longName(index), type: "String" }));
    const blocks = times(100, (index) => ({ name: longName(index), hosts, parameters }));
    const formats = times(50, (index) => ({ name: longName(index), formula: longName(99) }));
    const spec = {
      ...smallDefinition,
      networkDomains: domains,
      formulas: blocks,
      syncTables: blocks,
      columnFormats: formats,
    };
    const object = named(PACK_DEFINITION, spec, "largest");
    await client.create(PACK_DEFINITION, object, { ...MANAGER, dryRun: true });
  });

  test("the largest configuration is accepted: rules are cheap enough for it", async () => {
    const rule = { pattern: `${"a".repeat(60)}(b|c)*` };
    const prefix = { prefix: `https://example.com/${"a/".repeat(60)}` };
    const parameters = (one: object) => times(32, (index) => ({ name: longName(index), rule: one }));
    const spec = {
      packRef: { name: "crm" },
      access: {
        scope: "Subjects",
        subjects: times(1000, (index) => ({ kind: "User", name: `user-${index}@example.com` })),
      },
      components: {
        allow: "Listed",
        formulas: times(100, (index) => ({ name: longName(index), parameters: parameters(rule) })),
        syncTables: times(100, (index) => ({
          name: longName(index),
          parameters: parameters(prefix),
          dynamicURL: prefix,
        })),
      },
      doc: { sharing: { allow: "Listed", allowedDocs: times(500, (index) => `https://docs.example.com/d/${index}`) } },
    };
    const object = named(PACK_CONFIGURATION, spec, "largest");
    await client.create(PACK_CONFIGURATION, object, { ...MANAGER, dryRun: true });
  });

  test("a group of 10,000 members is accepted", async () => {
    const members = times(10_000, (index) => `${"m".repeat(30)}${index}@example.com`);
    await client.create(PACK_GROUP, named(PACK_GROUP, { members }, "largest"), { ...MANAGER, dryRun: true });
  });

  test("an object near the size that etcd takes is refused by a limit with a name, not by a server error", async () => {
    const formulas = Array.from({ length: 5000 }, (_, index) => ({ name: `F${index}`, description: "x".repeat(300) }));
    const object = named(PACK_DEFINITION, { ...smallDefinition, formulas }, "huge");
    expect(await refusal(client.create(PACK_DEFINITION, object, MANAGER))).toContain(
      "spec.formulas: Too many: 5000: must have at most 100 items",
    );
  });
});
