import type { PackInstall } from "../api/v1alpha1/index.ts";
import { isBound } from "../policy/input.ts";
import type { StoreView } from "../runtime/store.ts";
import { docKey } from "./world.ts";

/**
 * Who may become installed in a doc right now. Two installs of one pack that are decided about at once would not see
 * each other's binding yet; so the first claims the doc, from the decision until its status shows.
 */
export class DocClaims {
  readonly #installs: Pick<StoreView<PackInstall>, "by">;
  /** Doc to the UID of the install that is about to be bound there. */
  readonly #claims = new Map<string, string>();

  /** `installs` must have the index `uid`. */
  constructor(installs: Pick<StoreView<PackInstall>, "by">) {
    this.#installs = installs;
  }

  /** Whether the install holds the claim now. */
  claim(install: PackInstall): boolean {
    const { uid = "" } = install.metadata;
    const holder = this.#claims.get(docKey(install));
    if (holder !== undefined && holder !== uid && this.#isPending(holder)) return false;
    this.#claims.set(docKey(install), uid);
    return true;
  }

  /** The install is bound, or will not be. */
  release(install: PackInstall): void {
    if (this.#claims.get(docKey(install)) === install.metadata.uid) this.#claims.delete(docKey(install));
  }

  /** A bound holder is seen by the rules; one that is gone holds nothing. */
  #isPending(uid: string): boolean {
    const [holder] = this.#installs.by("uid", uid);
    return holder !== undefined && holder.metadata.deletionTimestamp === undefined && !isBound(holder);
  }
}
