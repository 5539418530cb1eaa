/**
 * Every field rule of every spec and status, on a real API server: one object that is accepted, and for each rule one
 * that is wrong there and nowhere else, refused with a text that says what to write. The rows come from the very model
 * that the CRDs come from, so a rule without a row cannot exist.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kindsOf } from "../../codegen/generate.ts";
import type { Kind } from "../../codegen/model.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Client } from "../../src/kube/client.ts";
import { ApiError, isAlreadyExists } from "../../src/kube/errors.ts";
import { clientFrom, describeCluster, freshNamespace, sharedCluster } from "../cluster/harness.ts";
import { installCrds } from "../cluster/manifests.ts";
import { BAD_STRINGS } from "./bad-strings.ts";
import { SAMPLES, type Sample, sample } from "./samples.ts";
import { anyObject, get, pathText, type Site, set, specSites, statusSites, type Wrong, wrongValues } from "./sites.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const KINDS = kindsOf(ROOT);
const WRITE = { fieldManager: "test", dryRun: true } as const;

const nameOf = (kind: Kind): string => (kind.resource.kind === "PackOrganization" ? "default" : "field-rules");

const objectsOf = (kind: Kind, namespace: string): readonly Sample[] =>
  (SAMPLES[kind.resource.kind] ?? []).map((spec) =>
    sample(kind.resource.kind, spec, nameOf(kind), kind.resource.namespaced ? namespace : undefined),
  );

/** The first sample that has this field. */
const holderOf = (kind: Kind, site: Site, namespace = "x"): Sample | undefined =>
  objectsOf(kind, namespace).find((object) => get(object, site.path) !== undefined);

/** Rules on strings are written once, on a named type, and stand in many places: each gets the bad word of its message. */
const wrongWords = ({ schema }: Site): readonly Wrong[] => {
  if (schema.type !== "string") return [];
  const messages = [...schema.patterns, ...schema.rules]
    .map(({ message }) => message)
    .filter((text) => !text.startsWith("must not be changed"));
  const words = messages.flatMap((message) =>
    (BAD_STRINGS[message] ?? []).map((value) => ({ what: `'${value}'`, value, refusal: [message] })),
  );
  if (schema.schemaPattern === undefined) return words;
  return [...words, { what: "a symbol beyond ASCII", value: "a\u2603", refusal: ["in body should match"] }];
};

const missing = (site: Site): readonly Wrong[] =>
  site.required && site.path.length > 1
    ? [
        {
          what: "nothing, although it is needed",
          value: undefined,
          refusal: [`${pathText(site.path)}: Required value`],
        },
      ]
    : [];

const rowsOf = (kind: Kind, site: Site): readonly (readonly [string, Site, Wrong])[] => {
  const good = get(holderOf(kind, site), site.path);
  return [...missing(site), ...wrongValues(site, good), ...wrongWords(site)].map((wrong) => [
    `${pathText(site.path)} refuses ${wrong.what.length > 90 ? `${wrong.what.slice(0, 90)}...` : wrong.what}`,
    site,
    wrong,
  ]);
};

/** The refusal's text. Fails if the object is accepted. */
const refusalOf = async (write: () => Promise<KubeObject>): Promise<string> => {
  const answer = await write().catch((error: unknown) => error);
  if (answer instanceof ApiError && !isAlreadyExists(answer)) return answer.message;
  if (answer instanceof Error) throw answer;
  throw new Error("it was accepted");
};

const expectAll = (text: string, parts: readonly string[]): void => {
  for (const part of parts) expect(text).toContain(part);
};

describeCluster("field rules", () => {
  let client: Client;
  let namespace: string;

  beforeAll(async () => {
    const cluster = await sharedCluster();
    client = clientFrom(cluster.endpoint.kubeconfig);
    await cluster.close();
    await installCrds(client);
    namespace = await freshNamespace(client, "field-rules");
  });

  afterAll(() => client.close());

  for (const kind of KINDS) {
    describeCluster(kind.resource.kind, () => {
      const create = (object: KubeObject): Promise<KubeObject> => client.create(kind.resource, object, WRITE);

      test.each(objectsOf(kind, "x").map((object, index) => [index + 1, object] as const))(
        "sample %i is accepted",
        async (index) => {
          const object = objectsOf(kind, namespace)[index - 1];
          if (object === undefined) throw new Error("no such sample");
          const answer = await create(object).catch((error: unknown) => error);
          if (!isAlreadyExists(answer)) expect(answer).not.toBeInstanceOf(Error);
        },
      );

      test("the samples use every field of the spec", () => {
        const unused = specSites(kind).filter((site) => holderOf(kind, site) === undefined);
        expect(unused.map((site) => pathText(site.path))).toEqual([]);
      });

      test("every rule about a string has a bad word to try", () => {
        const messages = specSites(kind)
          .map(({ schema }) => schema)
          .filter((schema) => schema.type === "string")
          .flatMap((schema) => [...schema.patterns, ...schema.rules].map(({ message }) => message))
          .filter((message) => !message.startsWith("must not be changed"));
        expect(messages.filter((message) => BAD_STRINGS[message] === undefined)).toEqual([]);
      });

      test.each(specSites(kind).flatMap((site) => rowsOf(kind, site)))("%s", async (_, site, { value, refusal }) => {
        const object = holderOf(kind, site, namespace);
        if (object === undefined) throw new Error(`no sample has ${pathText(site.path)}`);
        expectAll(await refusalOf(() => create(set(object, site.path, value))), refusal);
      });

      test.each(
        specSites(kind)
          .filter(({ schema }) => schema.type === "object")
          .map((site) => [pathText(site.path), site] as const),
      )("%s refuses a field that does not exist", async (at, site) => {
        const object = holderOf(kind, site, namespace);
        if (object === undefined) throw new Error(`no sample has ${at}`);
        const wrong = set(object, site.path, { ...(get(object, site.path) as object), misspelt: 1 });
        expect(await refusalOf(() => create(wrong))).toContain(`unknown field "${at}.misspelt"`);
      });
    });
  }
});

describeCluster("status rules", () => {
  let client: Client;
  let namespace: string;

  beforeAll(async () => {
    const cluster = await sharedCluster();
    client = clientFrom(cluster.endpoint.kubeconfig);
    await cluster.close();
    await installCrds(client);
    namespace = await freshNamespace(client, "status-rules");
  });

  afterAll(() => client.close());

  for (const kind of KINDS.filter(({ resource }) => resource.kind !== "PackOrganization")) {
    describeCluster(kind.resource.kind, () => {
      const status = anyObject(kind.status);
      let object: KubeObject;

      beforeAll(async () => {
        const name = kind.resource.namespaced ? "status-rules" : `${namespace}-status`;
        const spec = SAMPLES[kind.resource.kind]?.[0] ?? {};
        const wanted = sample(kind.resource.kind, spec, name, kind.resource.namespaced ? namespace : undefined);
        object = await client.create(kind.resource, wanted, { fieldManager: "test" });
      });

      afterAll(() => client.delete(kind.resource, object.metadata));

      const write = (wanted: unknown): Promise<KubeObject> =>
        client.replaceStatus(kind.resource, { ...object, status: wanted } as KubeObject, WRITE);

      test("a status that uses every field is accepted", async () => {
        expect(await write(status)).toMatchObject({ status });
      });

      const rows = statusSites(kind)
        .filter((site) => site.path.length > 1)
        .flatMap((site) =>
          [...missing(site), ...wrongValues(site, get({ status }, site.path))].map(
            (wrong) => [`${pathText(site.path)} refuses ${wrong.what}`, site, wrong] as const,
          ),
        );

      test.each(rows)("%s", async (_, site, { value, refusal }) => {
        expectAll(await refusalOf(() => write(set({ status }, site.path, value).status)), refusal);
      });
    });
  }
});
