/** The programs of a cluster and what a place to get them from looks like. */

export const BINARIES = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kubelet",
  "kube-proxy",
] as const;

export type Binary = (typeof BINARIES)[number];

export type Log = (line: string) => void;

/** One place to get programs from. It answers with what it has; `problem` says why something is missing. */
export type AssetSource = {
  readonly name: string;
  locate(wanted: readonly Binary[], log: Log): Promise<Located>;
};

export type Located = {
  readonly paths: ReadonlyMap<Binary, string>;
  readonly problem?: string;
};
