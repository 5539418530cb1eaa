import type { PackOrganization } from "../api/v1alpha1/index.ts";
import { type Problem, problem } from "./problem.ts";

/** The limits that the CRD writes when nobody has chosen any. */
const DEFAULT_GUARD = { maxPercent: 20, minimum: 10, windowSeconds: 300 } as const;

/** A switch that this version does not enforce: then the organization counts as unknown. */
export const organizationProblem = ({ spec }: PackOrganization): Problem | undefined => {
  if (spec.approvals?.mode === "Required") {
    return problem(
      "NotYetSupported",
      "`spec.approvals.mode: Required` is not enforced by this version; set it to 'Off'.",
    );
  }
  const guard = { ...DEFAULT_GUARD, ...spec.uninstallGuard };
  const changed = (Object.keys(DEFAULT_GUARD) as (keyof typeof DEFAULT_GUARD)[]).find(
    (key) => guard[key] !== DEFAULT_GUARD[key],
  );
  return changed === undefined
    ? undefined
    : problem("NotYetSupported", `\`spec.uninstallGuard.${changed}\` is not enforced by this version; leave it out.`);
};
