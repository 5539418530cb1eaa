/** What tools that read kstatus (Flux, Helm 4, cli-utils) make of an object. */

const findCondition = <C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type);

export type Kstatus = "Current" | "InProgress" | "Failed" | "Terminating";

/** What of an object kstatus looks at. */
export type Observed = {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
};

/**
 * How Flux, Helm 4 and cli-utils judge a custom resource
 * (kubernetes-sigs/cli-utils, pkg/kstatus/status/generic.go). An object without `Ready` is Current to them.
 */
export const kstatusOf = ({ metadata, status }: Observed): Kstatus => {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const { observedGeneration, conditions } = status ?? {};
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return "InProgress";
  const is = (type: string, ...statuses: string[]): boolean =>
    statuses.includes(findCondition(conditions, type)?.status ?? "");
  if (is("Reconciling", "True")) return "InProgress";
  if (is("Stalled", "True")) return "Failed";
  return is("Ready", "False", "Unknown") ? "InProgress" : "Current";
};
