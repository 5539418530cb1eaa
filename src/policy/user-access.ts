/** Who may use an installed pack: the people of its doc who have access to its configuration. */
import type { Reason } from "../api/reasons.ts";
import type { GrantAccess, GrantAudience } from "../api/v1alpha1/index.ts";
import type { GroupView as Groups } from "./groups.ts";
import { isMemberOf, mailDomain } from "./people.ts";
import { enumerate } from "./problem.ts";
import { and, or, type Truth, truth } from "./truth.ts";

/** All that a decision asks of groups; the gateway knows the members of the groups that its grants name, and no more. */
export type GroupView = Pick<Groups, "isMember">;

/** `what` and `fix` are sentences. */
export type AccessProblem = {
  readonly reason: Extract<
    Reason,
    "GroupDataStale" | "NotAMember" | "PackDenied" | "UserNotAllowed" | "UserNotInAudience"
  >;
  readonly what: string;
  readonly fix: string;
  /** The field of the configuration that is the cause. */
  readonly rule?: string;
};

/** Undefined for a user who may use the pack. */
export type AccessCheck = (user: string, groups: GroupView) => AccessProblem | undefined;

const NOT_SHARED: AccessProblem = {
  reason: "UserNotInAudience",
  what: "The doc is not shared with you.",
  fix: "Ask its owner to share it.",
};

const DENIED: AccessProblem = {
  reason: "PackDenied",
  what: "The pack is denied to everybody.",
  fix: "Nothing else overrides that.",
  rule: "spec.state",
};

const OUTSIDER: AccessProblem = {
  reason: "NotAMember",
  what: "You do not belong to the organization.",
  fix: "Outsiders may use a pack only where its configuration says `state: Approved`.",
  rule: "spec.state",
};

const NOT_A_SUBJECT: AccessProblem = {
  reason: "UserNotAllowed",
  what: "You are not among the users and groups that may use the pack.",
  fix: "An administrator must name you, or a group of yours.",
  rule: "spec.access.subjects",
};

/** An absent `access` or `audience` admits nobody. */
export const compileAccess = (access: GrantAccess | undefined, audience: GrantAudience | undefined): AccessCheck => {
  const isInDoc = compileAudience(audience);
  const admit = compileConfiguration(access);
  return (user, groups) => {
    const inDoc = isInDoc(user, groups);
    if (inDoc === "no") return NOT_SHARED;
    const { answer, problem } = admit(user, groups);
    if (answer === "no") return problem;
    if (and(inDoc, answer) === "yes") return undefined;
    return {
      ...stale(user, groups, [
        ...(inDoc === "unknown" ? (audience?.groups ?? []) : []),
        ...(answer === "unknown" ? (access?.groups ?? []) : []),
      ]),
      ...(answer === "unknown" ? { rule: "spec.access.subjects" } : {}),
    };
  };
};

const compileAudience = (audience: GrantAudience | undefined): ((user: string, groups: GroupView) => Truth) => {
  if (audience === undefined) return () => "no";
  if (audience.anyone === true) return () => "yes";
  const users = new Set(audience.users);
  const domains = new Set(audience.domains);
  return (user, groups) => {
    if (users.has(user)) return "yes";
    const domain = domains.size === 0 ? undefined : mailDomain(user);
    if (domain !== undefined && domains.has(domain)) return "yes";
    return inAny(user, audience.groups, groups);
  };
};

type Admission = { readonly answer: Truth; readonly problem: AccessProblem };

const compileConfiguration = (access: GrantAccess | undefined): ((user: string, groups: GroupView) => Admission) => {
  if (access?.state === "Approved") return () => ({ answer: "yes", problem: DENIED });
  if (access?.state !== "Configured") return () => ({ answer: "no", problem: DENIED });
  const users = new Set(access.users);
  const owned = access.ownedDomains ?? [];
  return (user, groups) => {
    if (!isMemberOf(user, access.members, owned)) return { answer: "no", problem: OUTSIDER };
    const isSubject =
      access.scope === "Organization" ? "yes" : or(truth(users.has(user)), inAny(user, access.groups, groups));
    return { answer: isSubject, problem: NOT_A_SUBJECT };
  };
};

const inAny = (user: string, names: readonly string[] | undefined, groups: GroupView): Truth => {
  let answer: Truth = "no";
  for (const name of names ?? []) {
    const member = groups.isMember(user, name);
    if (member === "yes") return "yes";
    if (member === "unknown") answer = "unknown";
  }
  return answer;
};

/** `decisive`: the groups that would admit the user. */
const stale = (user: string, groups: GroupView, decisive: readonly string[]): AccessProblem => {
  const unknown = [...new Set(decisive)].filter((group) => groups.isMember(user, group) === "unknown");
  return {
    reason: "GroupDataStale",
    what: `Whether you may use the pack depends on the members of ${enumerate(unknown)}, who are not known at present.`,
    fix: "Try again when the group's source has reported.",
  };
};
