import { describe, expect, test } from "vitest";
import { startApiServer } from "../../test/apiserver/server.ts";
import { LiveWorld } from "../../test/apiserver/world.ts";
import { resourceOf } from "../../test/cluster/manifests.ts";
import {
  ANN,
  BEN,
  boundTo,
  changed,
  forGroups,
  inDoc,
  installedBy,
  NOW,
  of,
  onTrial,
  packConfiguration,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  share,
  sharedWithin,
} from "../../test/gen/objects.ts";
import type { KubeObject } from "../api/meta.ts";
import type { PackGroup } from "../api/v1alpha1/index.ts";
import { createClient } from "../kube/client.ts";
import { groupPart } from "../policy/groups.ts";
import { installsTouchedBy } from "./group-effects.ts";
import { decisiveInformers, type ObservedGroup } from "./world.ts";

const MINUTE = 60_000;
const scim = { name: "scim", maxAgeSeconds: 60 };

const observed = (group: PackGroup): ObservedGroup => {
  const { apiVersion, kind, metadata, status } = group;
  return { apiVersion, kind, metadata, ...(status === undefined ? {} : { status }), part: groupPart(group) };
};

const sales = (...members: readonly string[]): ObservedGroup => observed(packGroup("sales", { members }));

/** As reported at `ms` (milliseconds since 1970). */
const reportedAt = (ms: number, ...members: readonly string[]): ObservedGroup =>
  observed(packGroup("sales", { members, source: scim }, { syncTime: new Date(ms).toISOString() }));

const bySales = packConfiguration("by-sales", forGroups("sales"));
const strict = packConfiguration("strict", forGroups("sales"), sharedWithin(), (it) => ({
  ...it,
  spec: { ...it.spec, packRef: { name: "mail" } },
}));

const OBJECTS: readonly KubeObject[] = [
  bySales,
  strict,
  packFolder("shared", { sharing: [share("Group", "sales")] }),
  packDocObject("plan", { folderRef: { name: "shared" } }),
  packInstall("ann", boundTo(bySales)),
  packInstall("ben", installedBy(BEN), boundTo(bySales)),
  packInstall("other-pack", of("wiki")),
  packInstall("mail-bound", of("mail"), installedBy(BEN), boundTo(strict)),
  packInstall("mail-new", of("mail"), installedBy(BEN)),
  packInstall("in-plan", of("wiki"), installedBy(BEN), inDoc("plan")),
];

const touched = async (
  change: { readonly before?: ObservedGroup; readonly after?: ObservedGroup },
  ...more: readonly KubeObject[]
): Promise<readonly string[]> => {
  const server = await startApiServer();
  const client = createClient(server.config(), { userAgent: "test" });
  const write = { fieldManager: "test" };
  try {
    for (const object of [...OBJECTS, ...more]) {
      const { status, ...rest } = object as KubeObject & { readonly status?: object };
      const made = await client.create(resourceOf(object), rest as KubeObject, write);
      if (status !== undefined)
        await client.replaceStatus(resourceOf(object), { ...made, status } as KubeObject, write);
    }
    const live = await LiveWorld.start(client, decisiveInformers);
    const keys = installsTouchedBy(live.world, { key: "sales", ...change }, NOW);
    await live.stop();
    return [...keys].map((key) => key.replace("team/", "")).sort();
  } finally {
    await client.close();
    await server.close();
  }
};

describe("S1-65 a change of a group looks again at", () => {
  test("what its members installed, what asks about whole audiences, and docs that it is shared with", async () => {
    expect(await touched({ before: sales(ANN, BEN), after: sales(BEN) })).toEqual([
      "ann",
      "in-plan",
      "mail-bound",
      "mail-new",
    ]);
  });

  test("nothing, if its members are the same", async () => {
    expect(await touched({ before: sales(ANN), after: sales(ANN) })).toEqual([]);
  });

  test("every install that it concerns, if its source reports late, whatever was written down meanwhile", async () => {
    const change = { before: reportedAt(NOW - 2 * MINUTE, ANN), after: reportedAt(NOW, ANN) };
    expect(await touched(change)).toEqual(["ann", "ben", "in-plan", "mail-bound", "mail-new"]);
  });

  test("nothing, if its source reports in time and names the same members", async () => {
    expect(await touched({ before: reportedAt(NOW - 1_000, ANN), after: reportedAt(NOW, ANN) })).toEqual([]);
  });

  test("S1-46 every install of the pack, if a trial asks about whole audiences", async () => {
    const trial = changed(packConfiguration("trial", forGroups("sales"), sharedWithin()), onTrial());
    expect(await touched({ before: sales(), after: sales("cy@example.com") }, trial)).toEqual([
      "ann",
      "ben",
      "in-plan",
      "mail-bound",
      "mail-new",
    ]);
  });
});
