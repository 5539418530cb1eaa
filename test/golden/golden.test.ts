/**
 * The golden cases: `packctl render` prints exactly `expected/`, and the controller writes the very same objects.
 * UPDATE_GOLDEN=1 writes what is printed now; read the diff before you commit it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  CUSTOM_RESOURCE_DEFINITION,
  crdName,
  NAMESPACE,
  NETWORK_POLICY,
  PACK_GRANT,
  PACK_INSTALL,
  PACK_KINDS,
  POD,
  type Resource,
} from "../../src/api/kinds.ts";
import { type KubeObject, keyOf } from "../../src/api/meta.ts";
import { LABEL, MANAGED_BY } from "../../src/api/names.ts";
import type { PackInstall } from "../../src/api/v1alpha1/index.ts";
import { parseManifests } from "../../src/cli/input/manifest.ts";
import { admit } from "../../src/cli/schema/admission.ts";
import { isOurGroup } from "../../src/cli/schema/crd.ts";
import { parseSettings } from "../../src/cli/settings-file.ts";
import { ZERO_UID } from "../../src/cli/world.ts";
import { createControllers } from "../../src/controllers/index.ts";
import { createWorld, informersOf } from "../../src/controllers/world.ts";
import { type Client, createClient } from "../../src/kube/client.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { createLogger } from "../../src/lib/logger.ts";
import { Metrics } from "../../src/lib/metrics.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src/resources/settings.ts";
import { createManager } from "../../src/runtime/manager.ts";
import { startApiServer } from "../apiserver/server.ts";
import { eventually } from "../cluster/eventually.ts";
import { packctl } from "./program.ts";

const CASES = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const folderOf = (name: string): string => join(import.meta.dirname, name);
const read = (name: string, file: string): string => readFileSync(join(folderOf(name), file), "utf8");
const hasSettings = (name: string): boolean => existsSync(join(folderOf(name), "settings.yaml"));

describe.each(CASES)("%s", (name) => {
  test("packctl prints what is expected", async () => {
    const settings = hasSettings(name) ? ["--settings", "settings.yaml"] : [];
    const { code, stdout, stderr } = await packctl(["render", "-f", "input.yaml", ...settings], {
      cwd: folderOf(name),
    });
    if (process.env["UPDATE_GOLDEN"] === "1") {
      writeFileSync(join(folderOf(name), "expected", "objects.yaml"), stdout);
      writeFileSync(join(folderOf(name), "expected", "stderr.txt"), stderr);
    }
    expect(stdout).toBe(read(name, "expected/objects.yaml"));
    expect(stderr).toBe(read(name, "expected/stderr.txt"));
    expect(code).toBe(stderr.includes("would not be installed") ? 1 : 0);
  });

  test("the controller writes the same objects, but for UIDs", async () => {
    const settings = hasSettings(name) ? parseSettings(read(name, "settings.yaml"), "settings.yaml") : DEFAULT_SETTINGS;
    const written = await writtenByController(objectsIn(read(name, "input.yaml")), settings);
    const expected = parseAllDocuments(read(name, "expected/objects.yaml"))
      .map((document): unknown => document.toJS())
      .filter((object) => object !== null);
    expect(new Map(written.map((it) => [`${it.kind} ${keyOf(it)}`, it]))).toEqual(
      new Map((expected as KubeObject[]).map((it) => [`${it.kind} ${keyOf(it)}`, it])),
    );
  });
});

/** As the API server would store them. */
const objectsIn = (text: string): readonly KubeObject[] =>
  parseManifests({ name: "input.yaml", text }).manifests.map(({ apiVersion, kind, object }) =>
    isOurGroup(apiVersion) ? (admit(kind, object).object as unknown as KubeObject) : (object as unknown as KubeObject),
  );

/** Each look is a second later, so that of two objects the one that was made first is older. */
const advancing = (): Clock => {
  let ahead = 0;
  return { ...systemClock, now: () => systemClock.now() + ahead++ * 1000 };
};

const resourceOf = ({ apiVersion, kind }: KubeObject): Resource => {
  const found = [...PACK_KINDS, NAMESPACE, NETWORK_POLICY].find(
    (it) => it.apiVersion === apiVersion && it.kind === kind,
  );
  if (found === undefined) throw new Error(`no resource for ${kind}`);
  return found;
};

const seed = async (client: Client, objects: readonly KubeObject[]): Promise<void> => {
  const write = { fieldManager: "test" };
  for (const resource of PACK_KINDS) {
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: crdName(resource) },
    };
    await client.create(CUSTOM_RESOURCE_DEFINITION, crd, write);
  }
  for (const object of objects) await client.create(resourceOf(object), object, write);
};

/** What the controller made of the objects once every install has its final status. */
const writtenByController = async (
  objects: readonly KubeObject[],
  settings: Settings,
): Promise<readonly KubeObject[]> => {
  const server = await startApiServer({ clock: advancing() });
  const client = createClient(server.config(), { userAgent: "test" });
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  try {
    await seed(client, objects);
    const base = { client, clock: systemClock, logger: createLogger({ level: "silent" }), metrics: new Metrics() };
    const world = createWorld(base);
    const events = { record: () => undefined };
    // This server enforces no admission policies.
    const unchecked: Settings = { ...settings, admission: "Unchecked" };
    const controllers = createControllers({ ...base, world, events, settings: unchecked, concurrency: 1 });
    const manager = createManager({
      ...base,
      server: { host: "127.0.0.1", port: 0 },
      informers: informersOf(world, unchecked),
      controllers,
    });
    running = manager.run(stop.signal);
    const installs = await eventually("every install has a status", async () => {
      const { items } = await client.list<PackInstall>(PACK_INSTALL);
      return items.every(({ metadata, status }) => status?.observedGeneration === metadata.generation) && items;
    });
    const children = await Promise.all([PACK_GRANT, NETWORK_POLICY, POD].map((resource) => client.list(resource)));
    return children
      .flatMap(({ items }) => items)
      .filter(({ metadata }) => metadata.labels?.[LABEL.managedBy] === MANAGED_BY)
      .map((object) => offline(object, installs));
  } finally {
    stop.abort(new Error("the test is over"));
    await running.catch(() => undefined);
    await client.close();
    await server.close();
  }
};

/** Without what only the server adds, and with zeros for UIDs. */
const offline = (object: KubeObject, installs: readonly PackInstall[]): KubeObject => {
  const { name, namespace, labels, annotations } = object.metadata;
  const { status: _, ...rest } = object as KubeObject & { readonly status?: unknown };
  const meta = { name, namespace, labels, ...(annotations === undefined ? {} : { annotations }) };
  const text = installs.reduce(
    (json, { metadata }) => json.replaceAll(metadata.uid ?? "?", ZERO_UID),
    JSON.stringify({ ...rest, metadata: meta }),
  );
  return JSON.parse(text) as KubeObject;
};
