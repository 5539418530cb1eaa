/** Who is admitted by a configuration, and by what; who is in a doc. */
import type { PackConfiguration, PackRequest } from "../../api/v1alpha1/index.ts";
import { admits, hasAccess, reachesOutsiders } from "../../policy/access.ts";
import type { AudienceEntry } from "../../policy/audience.ts";
import type { Permit } from "../../policy/evaluate.ts";
import type { InstallInput } from "../../policy/input.ts";
import { enumerate } from "../../policy/problem.ts";
import type { Truth } from "../../policy/truth.ts";

/** The organization's default access, as a configuration that says the same. */
const DEFAULT_ACCESS: PackConfiguration = {
  apiVersion: "packs.dev/v1alpha1",
  kind: "PackConfiguration",
  metadata: { name: "" },
  spec: { state: "Configured", access: { scope: "Organization" } },
};

export type PersonReport = {
  readonly name: string;
  readonly admitted: Truth;
  /** By what, or why nobody can tell. A clause. */
  readonly by: string;
};

/** Whom a configuration admits: a clause. Undefined stands for the organization's default access. */
export const admittedBy = (configuration: PackConfiguration | undefined): string => {
  const { access, state } = (configuration ?? DEFAULT_ACCESS).spec;
  if (state === "Denied") return "nobody";
  if (state === "Approved") return "everybody, people outside of the organization too";
  if (access?.scope === "Organization") return "every member of the organization";
  const named = (kind: "User" | "Group"): readonly string[] =>
    (access?.subjects ?? []).filter((it) => it.kind === kind).map(({ name }) => name);
  const [users, groups] = [named("User"), named("Group")];
  const those = (word: string, names: readonly string[]): readonly string[] =>
    names.length === 0 ? [] : [`the ${word}${names.length === 1 ? "" : "s"} ${enumerate(names, 20)}`];
  const parts = [...those("user", users), ...those("group", groups)];
  return parts.length === 0 ? "nobody" : `members of the organization: ${parts.join(" and ")}`;
};

/** How one user gets in. */
export const personReport = (name: string, { binding, configuration }: Permit, input: InstallInput): PersonReport => {
  const applied = configuration ?? DEFAULT_ACCESS;
  const admitted = hasAccess(name, applied, input);
  return { name, admitted, by: wayIn(name, admitted, applied, input, binding.request) };
};

const wayIn = (
  user: string,
  admitted: Truth,
  configuration: PackConfiguration,
  input: InstallInput,
  request: PackInstallRequest | undefined,
): string => {
  const { access, state } = configuration.spec;
  if (request !== undefined && admitted === "yes") {
    return `as a member of the organization, by the approved PackRequest '${request.namespace}/${request.name}'`;
  }
  if (state === "Approved") return "as everybody is";
  if (access?.scope === "Organization") return admitted === "yes" ? "as a member of the organization" : notIn(admitted);
  const ways = (access?.subjects ?? []).filter(
    (subject) => hasAccess(user, onlyFor(configuration, subject), input) === admitted,
  );
  if (admitted === "no") return notIn(admitted);
  const byName = ways.some(({ kind }) => kind === "User");
  const groups = enumerate(ways.filter(({ kind }) => kind === "Group").map(({ name }) => name));
  if (admitted === "unknown") return groups === "" ? notIn(admitted) : `who is in the group ${groups} is not known`;
  return byName ? "by name" : `by the group ${groups}`;
};

type PackInstallRequest = Pick<PackRequest["metadata"], "name" | "namespace">;
type Subject = NonNullable<NonNullable<PackConfiguration["spec"]["access"]>["subjects"]>[number];

/** The same, but for one of its subjects. */
const onlyFor = (configuration: PackConfiguration, subject: Subject): PackConfiguration => ({
  ...configuration,
  spec: { ...configuration.spec, access: { scope: "Subjects", subjects: [subject] } },
});

const notIn = (admitted: Truth): string =>
  admitted === "unknown" ? "who is a member of the organization is not known" : "by nothing";

export type AudienceReport = {
  /** Why nobody can tell who is in the doc, or who else may be. A sentence. */
  readonly unknown?: string;
  readonly entries: readonly {
    readonly kind: AudienceEntry["kind"];
    readonly name: string;
    /** The folder that it comes from; absent for what the doc itself says. */
    readonly folder?: string;
    /** Whether everybody in it may use the pack by the configuration; absent where none is known. */
    readonly access?: Truth;
  }[];
  /** Whether people outside of the organization are, or may become, part of it. */
  readonly outsiders?: Truth;
};

/** `configuration`: undefined for the organization's default access; absent permit: nothing is known of access. */
export const audienceReport = (input: InstallInput, permit: Permit | undefined): AudienceReport => {
  const { doc, install } = input;
  if (doc.state === "absent") return { unknown: `There is no PackDoc '${install.spec.docRef?.name}'.`, entries: [] };
  if (doc.state === "unknown") return { unknown: `The doc cannot be read: ${doc.why}.`, entries: [] };
  const { audience } = doc.value;
  if (audience.state !== "found") return { unknown: NO_DOC, entries: [] };
  const { entries, incomplete } = audience.value;
  return {
    ...(incomplete === undefined ? {} : { unknown: `There may be more people: ${incomplete}.` }),
    entries: entries.map((entry) => ({
      ...entry,
      ...(permit === undefined ? {} : { access: admits(entry, permit.configuration ?? DEFAULT_ACCESS, input) }),
    })),
    outsiders: reachesOutsiders(audience.value, input),
  };
};

const NO_DOC =
  "The doc is the namespace itself: whom it is shared with is not written down, and whoever Kubernetes lets use the verb `invoke` on the install is in it.";
