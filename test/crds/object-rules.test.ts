/** Rules about several fields at once: for each, objects that are refused with its message, beside ones that pass. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kindsOf } from "../../codegen/generate.ts";
import type { Kind, Schema } from "../../codegen/model.ts";
import type { Client } from "../../src/kube/client.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { clientFrom, describeCluster, freshNamespace, sharedCluster } from "../cluster/harness.ts";
import { installCrds } from "../cluster/manifests.ts";
import { objectOf, ROWS, resourceOf } from "./object-rows.ts";

/** Rules about changes are tested in changes.test.ts. */
const aboutChange = (expression: string): boolean => expression.includes("oldSelf");

const rulesBelow = (schema: Schema): readonly string[] => {
  const own =
    schema.type === "string"
      ? []
      : schema.rules.filter(({ expression }) => !aboutChange(expression)).map(({ message }) => message);
  switch (schema.type) {
    case "object":
      return [...own, ...schema.properties.flatMap((property) => rulesBelow(property.schema))];
    case "array":
      return [...own, ...rulesBelow(schema.items)];
    default:
      return own;
  }
};

const messagesOf = (kind: Kind): readonly string[] => [
  ...new Set([
    ...kind.rules.filter(({ expression }) => !aboutChange(expression)).map(({ message }) => message),
    ...rulesBelow(kind.spec),
  ]),
];

describeCluster("rules about several fields", () => {
  let client: Client;
  let namespace: string;

  beforeAll(async () => {
    const cluster = await sharedCluster();
    client = clientFrom(cluster.endpoint.kubeconfig);
    await cluster.close();
    await installCrds(client);
    namespace = await freshNamespace(client, "object-rules");
  });

  afterAll(() => client.close());

  test.each(ROWS.map((row) => [`${row[1]}: ${row[0]}`, row] as const))("%s", async (_, row) => {
    const [, kind, , message] = row;
    const answer = await client
      .create(resourceOf(kind), objectOf(row, namespace), { fieldManager: "test", dryRun: true })
      .catch((error: unknown) => error);
    if (message === undefined) {
      expect(answer).not.toBeInstanceOf(Error);
      return;
    }
    expect(answer).toBeInstanceOf(ApiError);
    for (const part of message.split("|")) expect((answer as ApiError).message).toContain(part);
  });

  test("every rule has an object that it refuses", () => {
    const kinds = kindsOf(join(import.meta.dirname, "..", ".."));
    const refused = (kind: string, message: string): boolean =>
      ROWS.some((row) => row[1] === kind && row[3]?.split("|").some((part) => message.includes(part)));
    const untested = kinds.flatMap((kind) =>
      messagesOf(kind)
        .filter((message) => !refused(kind.resource.kind, message))
        .map((message) => `${kind.resource.kind}: ${message}`),
    );
    expect(untested).toEqual([]);
  });
});
