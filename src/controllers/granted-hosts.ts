import { LABEL } from "../api/names.ts";
import { perObject } from "../lib/per-object.ts";
import type { ObservedGrant } from "../resources/observed.ts";
import type { Informer } from "../runtime/informer.ts";

type Hosts = ReadonlyMap<string, number>;

/** The hosts that the grants of a pack have, counted as grants come and go: thousands of installs share one pack. */
class GrantedHosts {
  readonly #byPack = new Map<string, Map<string, number>>();

  constructor(grants: Pick<Informer<ObservedGrant>, "onChange" | "store">) {
    for (const grant of grants.store.list()) this.#count(grant, 1);
    grants.onChange(({ after, before }) => {
      if (before !== undefined) this.#count(before, -1);
      if (after !== undefined) this.#count(after, 1);
    });
  }

  of(pack: string): Hosts {
    return this.#byPack.get(pack) ?? new Map();
  }

  #count({ granted, metadata }: ObservedGrant, by: 1 | -1): void {
    const pack = metadata.labels?.[LABEL.pack] ?? "";
    const hosts = this.#byPack.get(pack) ?? new Map<string, number>();
    this.#byPack.set(pack, hosts);
    for (const host of granted.hosts) {
      const count = (hosts.get(host) ?? 0) + by;
      if (count === 0) hosts.delete(host);
      else hosts.set(host, count);
    }
    if (hosts.size === 0) this.#byPack.delete(pack);
  }
}

const countedBy = perObject((grants: Informer<ObservedGrant>) => new GrantedHosts(grants));

/** Sorted. */
export const grantedHosts = (grants: Informer<ObservedGrant>, pack: string): readonly string[] =>
  [...countedBy(grants).of(pack).keys()].sort();
