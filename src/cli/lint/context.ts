/** What the checks over several objects look at. */
import { PACK_INSTALL } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Settings } from "../../resources/settings.ts";
import type { Checked } from "../input/load.ts";
import type { Manifest } from "../input/manifest.ts";
import type { OfflineWorld } from "../world.ts";

export type Item<T> = { readonly object: T; readonly manifest: Manifest };

export type LintContext = {
  /** Objects that the API server would take. */
  readonly valid: readonly Checked[];
  readonly world: OfflineWorld;
  readonly settings: Settings;
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Everything is given: what is missing is an error. */
  readonly strict: boolean;
};

export const itemsOf = <T extends KubeObject>({ valid }: LintContext, kind: string): readonly Item<T>[] =>
  valid
    .filter(({ manifest }) => manifest.kind === kind)
    .map(({ manifest, admitted }) => ({ manifest, object: admitted.object as unknown as T }));

/** Where each install stands that the world made of what was given, by `namespace/name`; of several the last. */
export const installManifests = ({ valid, namespace }: LintContext): ReadonlyMap<string, Manifest> =>
  new Map(
    valid
      .filter(({ manifest }) => manifest.kind === PACK_INSTALL.kind)
      .map(({ manifest }) => [`${manifest.namespace ?? namespace}/${manifest.name}`, manifest]),
  );
