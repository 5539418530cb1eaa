/**
 * The proof of enforcement, from inside the pod: nothing that must be closed may answer. An open canary at first is
 * normal, because a pod's network is open until the policy engine has programmed the policy; so it is tried in rounds.
 *
 * This version has no gateway that could confirm what it heard, so the proof never ends in `Enforced`: it says which
 * canary answered, or that no gateway confirmed. Nothing is claimed that was not proved.
 */
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";

export type Canary = { readonly protocol: "tcp" | "udp"; readonly host: string; readonly port: number };

export type ProofResult = {
  readonly result: "EgressOpen" | "OwnNodeReachable" | "GatewayUnreachable";
  readonly detail: string;
};

export type ProofOptions = {
  readonly canaries: readonly Canary[];
  /** The own node; its kubelet has a reason of its own, because engines may always allow the own node. */
  readonly nodeAddress: string | undefined;
  /** How long open canaries are waited for, in milliseconds. */
  readonly deadlineMs: number;
  /** Time-outs of one quick and of one slow round; the slow one covers the retransmission of a lost SYN. */
  readonly quickMs: number;
  readonly slowMs: number;
};

const KUBELET_PORT = 10250;

/** `host:port`, `[v6]:port`, either with `udp:` before it. Throws RangeError on anything else. */
export const parseCanary = (text: string): Canary => {
  const match = /^(udp:)?(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[2] ?? match?.[3];
  const port = Number(match?.[4]);
  if (host === undefined || port < 1 || port > 65535)
    throw new RangeError(`not a canary: '${text}'; write host:port or udp:host:port`);
  return { protocol: match?.[1] === undefined ? "tcp" : "udp", host, port };
};

const nameOf = ({ protocol, host, port }: Canary): string => `${protocol} ${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** Whether a listener answers within `ms`. Refused and silent are the same: engines reject or drop. */
const answers = (canary: Canary, ms: number): Promise<boolean> =>
  canary.protocol === "tcp" ? answersTcp(canary, ms) : answersUdp(canary, ms);

const answersTcp = ({ host, port }: Canary, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (open: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(open);
    };
    const timer = setTimeout(end, ms, false);
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });

/** A DNS question for the root: every name server answers it. */
const QUESTION = Buffer.from("0000010000010000000000000000020001", "hex");

const answersUdp = ({ host, port }: Canary, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const end = (open: boolean): void => {
      clearTimeout(timer);
      socket.close();
      resolve(open);
    };
    const timer = setTimeout(end, ms, false);
    socket.once("message", () => end(true));
    socket.once("error", () => end(false));
    socket.connect(port, host, () => socket.send(QUESTION, () => undefined));
  });

const openAmong = async (canaries: readonly Canary[], ms: number): Promise<readonly Canary[]> => {
  const states = await Promise.all(canaries.map((canary) => answers(canary, ms)));
  return canaries.filter((_, index) => states[index]);
};

/** Rounds until one quick and then one slow round found everything closed, or the deadline has passed. */
export const prove = async (options: ProofOptions): Promise<ProofResult> => {
  const { canaries, deadlineMs, nodeAddress, quickMs, slowMs } = options;
  const kubelet: readonly Canary[] = nodeAddress ? [{ protocol: "tcp", host: nodeAddress, port: KUBELET_PORT }] : [];
  const all = [...canaries, ...kubelet];
  const end = performance.now() + deadlineMs;
  for (;;) {
    const open = [...(await openAmong(all, quickMs))];
    if (open.length === 0) open.push(...(await openAmong(all, slowMs)));
    if (open.length === 0) {
      return {
        result: "GatewayUnreachable",
        detail: "Nothing forbidden answered, but no gateway confirmed the proof: this version has none.",
      };
    }
    if (performance.now() < end) continue;
    const others = open.filter((canary) => !kubelet.includes(canary));
    return others.length === 0
      ? { result: "OwnNodeReachable", detail: `The pod reaches its own node at ${open.map(nameOf).join(", ")}.` }
      : { result: "EgressOpen", detail: `The pod reaches ${others.map(nameOf).join(", ")}, which must be closed.` };
  }
};
