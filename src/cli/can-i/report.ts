/** Whether one user can invoke the building blocks of a pack in a doc: what `check` of the rules answers. Pure. */
import { isReason, REASONS } from "../../api/reasons.ts";
import type { ComponentKind, PackGrantSpec, PackInstall } from "../../api/v1alpha1/index.ts";
import { type Answer, type ComponentAnswer, check, type Denial } from "../../policy/decide.ts";
import { type Evaluation, evaluateInstall } from "../../policy/evaluate.ts";
import { grantOf } from "../../policy/grant.ts";
import type { InstallInput } from "../../policy/input.ts";
import type { Problem } from "../../policy/problem.ts";
import { REPORT_VERSION } from "../output/report-version.ts";
import { didYouMean } from "../text.ts";

export type CanIQuestion = {
  readonly user: string;
  readonly pack: string;
  /** `namespace/name` of a PackDoc, or a namespace. */
  readonly doc: string;
  /** Absent: every building block. Without `kind` every one of that name. */
  readonly component?: { readonly name: string; readonly kind?: ComponentKind };
  /** `namespace/name`. */
  readonly account?: string;
};

export type CanIReport = {
  readonly apiVersion: string;
  readonly kind: "AccessReport";
  readonly user: string;
  readonly pack: string;
  readonly doc: string;
  /** `namespace/name` of the PackInstall. */
  readonly install?: string;
  /** Of one building block: whether he can invoke it. Of all: whether he can invoke any. */
  readonly allowed: boolean;
  /** Why he can invoke none. */
  readonly denial?: DenialReport;
  readonly components: readonly ComponentReport[];
};

/** Why not: a reason for machines, and what the user reads. */
export type DenialReport = Pick<Denial, "configuration" | "contact" | "message" | "rule"> & { readonly reason: string };

export type ComponentReport = {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly allowed: boolean;
  readonly denial?: DenialReport;
  /** The account that is used if none is named. */
  readonly account?: string;
  /** The accounts that may be named. */
  readonly accounts?: readonly string[];
  /** The inputs that must be given, and what may be. */
  readonly restrictions?: readonly { readonly rule: string; readonly text: string }[];
};

/** The install that is asked, and what the controller has written for it, if that is known. */
export type Asked = { readonly input: InstallInput; readonly stored: PackGrantSpec | undefined };

/** `asked`: undefined where the pack is not in the doc. Kubernetes' own rights count as given. */
export const canI = (question: CanIQuestion, asked: Asked | undefined): CanIReport => {
  const { doc, pack, user } = question;
  const common = { apiVersion: REPORT_VERSION, kind: "AccessReport", user, pack, doc } as const;
  if (asked === undefined) {
    const message = `There is no install of the pack '${pack}' in '${doc}'. Somebody with access creates a PackInstall there.`;
    return { ...common, allowed: false, denial: { reason: "NotInstalled", message }, components: [] };
  }
  const { input } = asked;
  return { ...common, install: nameOf(input.install), ...answerOf(question, asked) };
};

const nameOf = ({ metadata }: PackInstall): string => `${metadata.namespace ?? ""}/${metadata.name}`;

type Answered = Pick<CanIReport, "allowed" | "components" | "denial">;

const refused = (denial: DenialReport): Answered => ({ allowed: false, denial, components: [] });

const answerOf = (question: CanIQuestion, { input, stored }: Asked): Answered => {
  const evaluation = evaluateInstall(input);
  const compiled = grantOf(input, evaluation);
  const grant = compiled === "keep" ? stored : compiled;
  if (grant === undefined) return refused(notInstalled(input, evaluation));
  const { account, user } = question;
  const asked = { caller: user, user, mayInvoke: true, ...(account === undefined ? {} : { account }) };
  return select(question, check(grant, asked, input.groups, input.now));
};

/** One name may stand for several: a table, and changing its rows. */
const select = ({ component, pack }: CanIQuestion, answer: Answer): Answered => {
  if (!answer.allowed) return refused(denialReport(answer));
  if (component === undefined) {
    const components = answer.components.map(componentReport);
    return { allowed: components.some(({ allowed }) => allowed), components };
  }
  const { kind: wanted, name: named } = component;
  const chosen = answer.components.filter(({ kind, name }) => name === named && (wanted ?? kind) === kind);
  if (chosen.length === 0) return refused(unknownComponent(pack, component, answer.components));
  const components = chosen.map(componentReport);
  return { allowed: components.every(({ allowed }) => allowed), components };
};

const unknownComponent = (
  pack: string,
  { kind, name }: NonNullable<CanIQuestion["component"]>,
  all: readonly ComponentAnswer[],
): DenialReport => {
  const names = all.map((it) => it.name);
  const what = `The pack '${pack}' has no ${kind ?? "building block"} '${name}'.`;
  const advice = didYouMean(name, names) || ` ${REASONS.ComponentUnknown.advice}`;
  return { reason: "ComponentUnknown", message: `${what}${advice}` };
};

const componentReport = (answer: ComponentAnswer): ComponentReport => {
  const { kind, name } = answer;
  if (!answer.allowed) return { kind, name, allowed: false, denial: denialReport(answer) };
  const { account, accounts, restrictions } = answer;
  return {
    kind,
    name,
    allowed: true,
    ...(account === undefined ? {} : { account }),
    accounts,
    restrictions: restrictions.map(({ rule, text }) => ({ rule, text })),
  };
};

const denialReport = ({ configuration, contact, message, reason, rule }: Denial): DenialReport => ({
  reason,
  message,
  ...(configuration === undefined ? {} : { configuration }),
  ...(contact === undefined ? {} : { contact }),
  ...(rule === undefined ? {} : { rule }),
});

/** The pack is not there at all, so nobody can invoke anything. */
const notInstalled = (input: InstallInput, evaluation: Evaluation): DenialReport => {
  const { message, reason } = problemOf(input, evaluation);
  const advice = isReason(reason) ? REASONS[reason].advice : "";
  const contact = input.organization.state === "found" ? input.organization.value.spec.supportContact : undefined;
  return {
    reason,
    message: `The pack is not installed there: ${message}${advice === "" ? "" : ` ${advice}`}`,
    ...(contact === undefined ? {} : { contact }),
  };
};

const problemOf = (
  { install }: InstallInput,
  evaluation: Evaluation,
): Pick<Problem, "message"> & { reason: string } => {
  switch (evaluation.outcome) {
    case "Waiting":
    case "Refused":
      return evaluation.problem;
    case "Uninstalling":
    case "Uninstalled":
      return evaluation.cause;
    case "Latched":
      return { reason: "Uninstalled", message: install.status?.uninstalled?.message ?? "" };
    case "Installed":
      return (
        evaluation.suspended ??
        evaluation.unknown ?? { reason: "GrantNotActive", message: "what it may do is not visible to you." }
      );
  }
};
