/** PackFolder: its status tells people whether it is known with whom its docs are shared. */
import { PACK_FOLDER } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackFolder } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { ascend } from "../policy/audience.ts";
import { folderStatus } from "../resources/folder-status.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { foldersOf } from "./gather.ts";
import { StatusWriter } from "./status-writer.ts";
import type { World } from "./world.ts";

export type FolderOptions = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly world: World;
  readonly clock: Clock;
};

const UNKNOWN_MS = 2_000;

export const createFolderReconcile = ({ client, clock, world }: FolderOptions): Reconcile => {
  const { folders } = world;
  const writer = new StatusWriter<PackFolder>({
    client,
    clock,
    resource: PACK_FOLDER,
    informer: folders,
    fieldManager: FIELD_MANAGER.folder,
    counters: [],
  });
  return async (key, ctx) => {
    if (!folders.synced()) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const folder = folders.store.get(key);
    if (folder === undefined || folder.metadata.deletionTimestamp !== undefined) return DONE;
    const { name, namespace = "" } = folder.metadata;
    const ascent = ascend(name, foldersOf(world, namespace));
    return writer.write(folder, folderStatus({ now: clock.now(), folder, ascent }), ctx);
  };
};
