/**
 * Whether the admission policies of this version are installed and deny. Without them nobody vouches for the names in
 * objects: who installs, who owns, who reviewed, who decided.
 */
import { enumerate, type Problem, problem } from "../policy/problem.ts";
import type { ObservedAdmissionBinding, ObservedAdmissionPolicy } from "./admission-observed.ts";
import { ADMISSION_POLICIES } from "./admission-policies.ts";

/** Digests of a policy and of its binding, as this version ships them. */
export type ExpectedAdmission = { readonly policy: string; readonly binding: string };

/** Which policies there must be, by name; generated from `config/policies`. */
export const EXPECTED_ADMISSION: ReadonlyMap<string, ExpectedAdmission> = new Map(Object.entries(ADMISSION_POLICIES));

/** What is wrong, and what to do. */
type Gap = { readonly what: string; readonly remedy: string };

const APPLY = "Apply config/policies again.";
/** Applying alone would leave what somebody has added. */
const REPLACE = "Delete it and apply config/policies again.";

const policyGap = (name: string, expected: string, policy: ObservedAdmissionPolicy | undefined): Gap | undefined => {
  const it = `the ValidatingAdmissionPolicy '${name}'`;
  if (policy === undefined) return { what: `there is no ValidatingAdmissionPolicy '${name}'`, remedy: APPLY };
  if (!policy.failsClosed) return { what: `${it} does not have \`failurePolicy: Fail\``, remedy: APPLY };
  if (policy.digest !== expected) return { what: `${it} is not the one of this version`, remedy: REPLACE };
  return undefined;
};

/** One binding that applies the whole policy and denies is enough; others beside it take nothing away. */
const bindingGap = (name: string, expected: string, bindings: readonly ObservedAdmissionBinding[]): Gap | undefined => {
  if (bindings.length === 0)
    return { what: `no ValidatingAdmissionPolicyBinding binds the policy '${name}'`, remedy: APPLY };
  const there = `there is ${enumerate(bindings.map((binding) => binding.name))}`;
  const whole = bindings.filter(({ digest }) => digest === expected);
  if (whole.length === 0)
    return { what: `no binding of the policy '${name}' applies it to everything (${there})`, remedy: REPLACE };
  if (!whole.some(({ denies }) => denies))
    return { what: `no binding of the policy '${name}' denies (${there})`, remedy: REPLACE };
  return undefined;
};

/**
 * Whether all policies of `expected` are there, as they are shipped, and bound so that they deny everything that they
 * refuse; if not, the first that is not, and how many more. Both lists must be whole: what is missing from them counts
 * as missing from the cluster.
 */
export const admissionProblem = (
  policies: Iterable<ObservedAdmissionPolicy>,
  bindings: Iterable<ObservedAdmissionBinding>,
  expected: ReadonlyMap<string, ExpectedAdmission> = EXPECTED_ADMISSION,
): Problem | undefined => {
  const byName = new Map(Iterator.from(policies).map((policy) => [policy.name, policy]));
  const byPolicy = Map.groupBy(bindings, ({ policy }) => policy);
  const gaps = [...expected].flatMap(
    ([name, { policy, binding }]) =>
      policyGap(name, policy, byName.get(name)) ?? bindingGap(name, binding, byPolicy.get(name) ?? []) ?? [],
  );
  const [first] = gaps;
  if (first === undefined) return undefined;
  const others = gaps.length === 1 ? "" : `, and ${gaps.length - 1} more of the admission policies are not in force`;
  return problem(
    "AdmissionMissing",
    `Nobody can tell whether names in objects are true, because ${first.what}${others}. ${first.remedy}`,
  );
};
