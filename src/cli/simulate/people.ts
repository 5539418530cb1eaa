/** Who gains and who loses an installed pack: people by name, and those who have it as a group. Pure. */
import type { GrantAccess, GrantAudience, PackGrantSpec } from "../../api/v1alpha1/index.ts";
import { stableJson } from "../../lib/stable-json.ts";
import { type AccessCheck, compileAccess } from "../../policy/user-access.ts";
import type { LiveWorld } from "../live-world.ts";
import type { Fate } from "./settle.ts";

/** `Members`: everybody of the organization; `Anyone`: outsiders, too. */
export type Person = {
  readonly kind: "User" | "Group" | "Domain" | "Members" | "Anyone";
  /** Empty for `Members` and `Anyone`. */
  readonly name: string;
};

export type PeopleChange = { readonly gained: readonly Person[]; readonly lost: readonly Person[] };

/** One install in one world. */
export type Sight = { readonly world: LiveWorld; readonly fate: Fate | undefined };

export const NOBODY: PeopleChange = { gained: [], lost: [] };

type Admission = { readonly access: GrantAccess | undefined; readonly audience: GrantAudience | undefined };

const CLOSED: Admission = { access: undefined, audience: undefined };

const admissionOf = (grant: PackGrantSpec | undefined): Admission =>
  grant?.state === "Active" ? { access: grant.access, audience: grant.audience } : CLOSED;

const groupsNamed = ({ access, audience }: Admission): readonly string[] => [
  ...(access?.groups ?? []),
  ...(audience?.groups ?? []),
];

const membersOf = ({ groups }: LiveWorld, group: string): readonly string[] =>
  (groups.get(group) ?? []).flatMap(({ members }) => [...members]);

/** Those who can be named: by the configuration, by the doc, as members of a group of either, or for the install itself. */
const namedIn = ({ fate, world }: Sight, admission: Admission): readonly string[] => {
  if (fate === undefined) return [];
  const { doc, install } = fate.input;
  const owner = doc.state === "found" && doc.value.owner.state === "found" ? [doc.value.owner.value] : [];
  return [
    install.spec.installer,
    ...owner,
    ...(admission.access?.users ?? []),
    ...(admission.audience?.users ?? []),
    ...groupsNamed(admission).flatMap((group) => membersOf(world, group)),
  ];
};

const isOpen = ({ access }: Admission): boolean =>
  access?.state === "Approved" || (access?.state === "Configured" && access.scope === "Organization");

/** Those who may use the pack without being named. */
const crowds = (admission: Admission): readonly Person[] => {
  const { access, audience } = admission;
  if (access === undefined || audience === undefined) return [];
  const anywhere = audience.anyone === true;
  const crowd = (kind: Person["kind"], name = ""): Person => ({ kind, name });
  const groups = isOpen(admission)
    ? (audience.groups ?? [])
    : (access.groups ?? []).filter((group) => anywhere || audience.groups?.includes(group) === true);
  return [
    ...groups.map((group) => crowd("Group", group)),
    ...(isOpen(admission) ? (audience.domains ?? []).map((domain) => crowd("Domain", domain)) : []),
    ...(isOpen(admission) && anywhere ? [crowd("Members")] : []),
    ...(access.state === "Approved" && anywhere ? [crowd("Anyone")] : []),
  ];
};

const ORDER: readonly Person["kind"][] = ["Anyone", "Members", "Domain", "Group", "User"];

const byKindAndName = (a: Person, b: Person): number =>
  ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.name < b.name ? -1 : 1);

const without = (some: readonly Person[], others: readonly Person[]): readonly Person[] => {
  const names = new Set(others.map(({ kind, name }) => `${kind} ${name}`));
  return some.filter(({ kind, name }) => !names.has(`${kind} ${name}`));
};

/** Compares installs of two worlds; what thousands of installs have in common is compared once. */
export class PeopleComparison {
  readonly #known = new Map<string, PeopleChange>();

  compare(before: Sight, after: Sight): PeopleChange {
    const [was, is] = [admissionOf(before.fate?.grant), admissionOf(after.fate?.grant)];
    const users = [...new Set([...namedIn(before, was), ...namedIn(after, is)])].sort();
    const key = stableJson([was, is, users]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const change = changeOf({ ...before, admission: was }, { ...after, admission: is }, users);
    this.#known.set(key, change);
    return change;
  }
}

type Side = Sight & { readonly admission: Admission };

const changeOf = (before: Side, after: Side, users: readonly string[]): PeopleChange => {
  const [had, has] = [before, after].map((side) => [
    ...crowds(side.admission),
    ...users.filter(mayUse(side)).map(user),
  ]);
  return {
    gained: [...without(has ?? [], had ?? [])].sort(byKindAndName),
    lost: [...without(had ?? [], has ?? [])].sort(byKindAndName),
  };
};

const user = (name: string): Person => ({ kind: "User", name });

const mayUse = ({ admission, fate }: Side): ((user: string) => boolean) => {
  if (fate === undefined || admission.access === undefined) return () => false;
  const check: AccessCheck = compileAccess(admission.access, admission.audience);
  return (name) => check(name, fate.input.groups) === undefined;
};

/** `group 'sales'`, `every member of the organization`. */
export const personText = ({ kind, name }: Person): string => {
  switch (kind) {
    case "User":
      return name;
    case "Group":
      return `group '${name}'`;
    case "Domain":
      return `everybody at '${name}'`;
    case "Members":
      return "every member of the organization";
    case "Anyone":
      return "anybody, outsiders too";
  }
};
