import type { Client } from "../kube/client.ts";
import { LeadershipLost } from "./leader-election.ts";

type Send = (...args: never[]) => Promise<unknown>;

/**
 * A client whose writes are sent only while this replica leads, by the clock: a process that was suspended finds out
 * before it writes, not after. Reads go through.
 * @throws LeadershipLost from every write otherwise; nothing is sent then
 */
export const whileLeading = (client: Client, elector: { leading(): boolean }): Client => {
  const gated = <S extends Send>(send: S): S => {
    const checked: Send = async (...args) => {
      if (!elector.leading()) throw new LeadershipLost("this replica leads no more; nothing was written");
      return send.apply(client, args);
    };
    return checked as S;
  };
  return {
    get: client.get.bind(client),
    getMetadata: client.getMetadata.bind(client),
    list: client.list.bind(client),
    watch: client.watch.bind(client),
    raw: client.raw.bind(client),
    close: client.close.bind(client),
    create: gated(client.create),
    replace: gated(client.replace),
    replaceStatus: gated(client.replaceStatus),
    apply: gated(client.apply),
    jsonPatch: gated(client.jsonPatch),
    mergePatch: gated(client.mergePatch),
    delete: gated(client.delete),
  };
};
