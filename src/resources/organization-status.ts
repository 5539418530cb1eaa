/** The status of the PackOrganization: are names vouched for, and do uninstalls go on. Pure. */
import { ANNOTATION } from "../api/names.ts";
import type { PackOrganization, PackOrganizationStatus, UninstallGuardState } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import type { Problem } from "../policy/problem.ts";
import { requestMark } from "../policy/request-mark.ts";
import type { Pause } from "../policy/uninstall-guard.ts";
import { type Fact, fact, mergeConditions } from "./conditions.ts";
import { readyFact } from "./summary.ts";

export type OrganizationStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly organization: PackOrganization;
  /** Why nobody vouches for names; undefined while the admission policies do. `unchecked`: nobody looked. */
  readonly admission: Problem | "unchecked" | undefined;
  /** Absent while uninstalls go on. */
  readonly pause: (Pause & { readonly why: Problem }) | undefined;
};

export const organizationStatus = (input: OrganizationStatusInput): PackOrganizationStatus => {
  const { now, organization } = input;
  const generation = organization.metadata.generation ?? 0;
  const uninstallGuard = guardState(input);
  const pause = uninstallGuard.paused ? input.pause : undefined;
  const unvouched = input.admission === "unchecked" ? undefined : input.admission;
  const all = [
    readyFact(unvouched ?? pause?.why),
    admissionFact(input.admission),
    ...(pause === undefined ? [] : [fact("UninstallPaused", "True", pause.why.reason, pause.why.message)]),
  ];
  return {
    observedGeneration: generation,
    uninstallGuard,
    conditions: mergeConditions(organization.status?.conditions, all, generation, toTimestamp(now)),
  };
};

const admissionFact = (admission: OrganizationStatusInput["admission"]): Fact => {
  const type = "AdmissionEnforced";
  if (admission === "unchecked") {
    return fact(
      type,
      "Unknown",
      "AdmissionUnchecked",
      "The controller was told not to look for the admission policies: names in objects are taken as true, whoever wrote them.",
    );
  }
  return admission === undefined
    ? fact(type, "True", "AdmissionEnforced", "The admission policies and their bindings are installed and deny.")
    : fact(type, "False", admission.reason, admission.message);
};

/**
 * A request to go on counts once, and only for what was stopped when it came: one that finds nothing stopped is only
 * acknowledged.
 */
const guardState = ({ now, organization, pause }: OrganizationStatusInput): UninstallGuardState => {
  const before = organization.status?.uninstallGuard;
  const mark = requestMark(organization, ANNOTATION.uninstallResumeRequestedAt) ?? "";
  const asked = mark !== "" && mark !== before?.lastHandledResumeAt;
  const resumed = asked && pause !== undefined;
  return {
    ...(pause === undefined || resumed ? { paused: false } : pausedState(pause)),
    ...(resumed ? { resumedAt: toTimestamp(now) } : kept("resumedAt", before?.resumedAt)),
    ...kept("lastHandledResumeAt", asked ? mark : before?.lastHandledResumeAt),
  };
};

const pausedState = ({ calmSince, since, waiting }: Pause): UninstallGuardState => ({
  paused: true,
  since: toTimestamp(since),
  waiting,
  ...(calmSince === undefined ? {} : { calmSince: toTimestamp(calmSince) }),
});

const kept = <K extends string>(key: K, value: string | undefined): { readonly [key in K]?: string } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: string });
