/**
 * A second opinion on the rules, for a small model: two users, two groups, two configurations of one pack, two documents
 * in two folders. Written from the sentences of the articles and of the rule book, step by step and without regard to
 * speed; it shares no code with `src/policy`. Where several things are wrong at once the rule book does not say which one
 * is named, so an opinion lists all of them.
 */

/** `ann` is a member, `oz` an outsider. */
export type Person = "ann" | "oz";
export type GroupName = "g" | "h";
/** A group that does not exist; one whose source is overdue; or its members. */
export type SmallGroup = "absent" | "stale" | readonly Person[];
export type DocName = "plan" | "notes";

export type SmallConfiguration = {
  readonly name: "one" | "two";
  readonly admits: "anybody" | "nobody-at-all" | "members" | readonly (Person | GroupName)[];
  readonly trial: boolean;
  readonly domainFits: boolean;
  /** Only in these docs; `team` is the namespace itself. */
  readonly docs: "any" | readonly (DocName | "team")[];
  /** The doc may be shared only with people who have access to the configuration. */
  readonly sharedWithin: boolean;
  /** It has another UID than when the install was bound. */
  readonly remade: boolean;
};

/** `domain`: everybody with the members' mail domain. */
export type Entry = Person | GroupName | "domain" | "anyone";

export type SmallFolder = { readonly shared: readonly Entry[]; readonly under: "outer" | null } | "missing";

export type SmallPlace =
  | { readonly doc: "team"; readonly owner: Person | null }
  | { readonly doc: DocName; readonly gone: true }
  | {
      readonly doc: DocName;
      readonly owner: Person;
      readonly shared: readonly Entry[];
      readonly folder: "inner" | "outer" | null;
      /** The doc was in no folder when the pack last fitted. */
      readonly moved: boolean;
    };

export type SmallWorld = {
  /** `null`: there is no organization. */
  readonly organization: {
    readonly openToMembers: boolean;
    readonly automatic: boolean;
    readonly approvals: boolean;
  } | null;
  /** `grown`: it declares one domain more than was ever reviewed. */
  readonly definition: "fine" | "not accepted" | "grown" | null;
  readonly configurations: readonly SmallConfiguration[];
  readonly groups: Readonly<Record<GroupName, SmallGroup>>;
  readonly request: "open" | "approved" | "denied" | null;
  readonly place: SmallPlace;
  readonly folders: Readonly<Record<"inner" | "outer", SmallFolder>>;
  readonly installer: Person;
  readonly naming: "one" | null;
  readonly history:
    | "new"
    | "bound to one"
    | "leaving one"
    | "bound by default"
    | "bound by the request"
    | "uninstalled"
    | "uninstalled, then asked for";
  readonly resting: boolean;
  readonly widened: boolean;
  /** Every configuration's, and that of the binding: does an uninstall wait? */
  readonly grace: boolean;
};

/** Reasons: any of them may be given. None: nothing of the sort may be said. */
type Reasons = readonly string[];

export type Opinion =
  | { readonly is: "latched" }
  | { readonly is: "waiting" | "refused" | "uninstalled" | "uninstalling"; readonly why: Reasons }
  | { readonly is: "installed"; readonly by: string; readonly suspended: Reasons; readonly unknown: Reasons };

export const BY_DEFAULT = "(allow all)";
/** Why an install in the history "leaving one" began to leave. */
export const BEGAN = "DomainsNotAllowed";

/** Yes, no, or that nobody can tell. */
type Answer = boolean | "unknown";

export function oracle(world: SmallWorld): Opinion {
  switch (world.history) {
    case "new":
    case "uninstalled, then asked for":
      return becoming(world);
    case "uninstalled": {
      // After the latch only a request or a new generation starts over; `Automatic` re-evaluates by itself.
      if (world.organization === null || !world.organization.automatic) return { is: "latched" };
      const answer = becoming(world);
      return answer.is === "installed" ? answer : { is: "latched" };
    }
    default:
      return staying(world);
  }
}

// Section 1: words.

function either(...answers: Answer[]): Answer {
  if (answers.includes(true)) return true;
  if (answers.includes("unknown")) return "unknown";
  return false;
}

function both(...answers: Answer[]): Answer {
  if (answers.includes(false)) return false;
  if (answers.includes("unknown")) return "unknown";
  return true;
}

function isMember(person: Person, world: SmallWorld): Answer {
  if (world.organization === null) return "unknown";
  return person === "ann";
}

function isIn(person: Person, group: GroupName, world: SmallWorld): Answer {
  const state = world.groups[group];
  // A group that does not exist has no members; of one that is older than it promises nobody knows them.
  if (state === "absent") return false;
  if (state === "stale") return "unknown";
  return state.includes(person);
}

function hasAccess(person: Person, to: SmallConfiguration, world: SmallWorld): Answer {
  // Approved packs can be used by any user, users outside of the organization included.
  if (to.admits === "anybody") return true;
  // Denied packs can not be used by anyone.
  if (to.admits === "nobody-at-all") return false;
  // Configured: users outside will not be able to use these packs.
  const member = isMember(person, world);
  if (to.admits === "members") return member;
  let named: Answer = false;
  for (const subject of to.admits) {
    if (subject === "g" || subject === "h") named = either(named, isIn(person, subject, world));
    else named = either(named, subject === person);
  }
  return both(member, named);
}

type Shared = { readonly entry: Entry; readonly byFolder: boolean };

/** The doc's audience; `whole` is false if a folder above cannot be found, or the folders go round in circles. */
function audience(world: SmallWorld): { entries: Shared[]; whole: boolean } | null {
  const { place } = world;
  // Without a PackDoc the audience is whoever Kubernetes lets invoke.
  if (place.doc === "team" || "gone" in place) return null;
  const entries: Shared[] = [{ entry: place.owner, byFolder: false }];
  for (const entry of place.shared) entries.push({ entry, byFolder: false });
  const visited: string[] = [];
  let next = place.folder;
  while (next !== null) {
    const folder: SmallFolder = world.folders[next];
    if (folder === "missing" || visited.includes(next)) return { entries, whole: false };
    visited.push(next);
    for (const entry of folder.shared) entries.push({ entry, byFolder: true });
    next = folder.under;
  }
  return { entries, whole: true };
}

function admitsEntry(entry: Entry, to: SmallConfiguration, world: SmallWorld): Answer {
  if (to.admits === "anybody") return true;
  if (to.admits === "nobody-at-all") return false;
  // Domain and Anyone only under Approved, or Domain under scope Organization when owned.
  if (entry === "anyone") return false;
  if (entry === "domain") return to.admits === "members" ? (world.organization === null ? "unknown" : true) : false;
  if (entry === "ann" || entry === "oz") return hasAccess(entry, to, world);
  // A group all of whose members have access.
  const state = world.groups[entry];
  if (state === "absent") return true;
  if (state === "stale") return "unknown";
  return both(true, ...state.map((person) => hasAccess(person, to, world)));
}

type Fit = { readonly misfits: string[]; readonly doubts: string[] };

/** Whether the pack and its doc fit a configuration (checks 6 to 8). */
function checkFit(to: SmallConfiguration, world: SmallWorld): Fit {
  const misfits: string[] = [];
  const doubts: string[] = [];
  // Unreviewed growth does not count, and a definition that is not accepted has no domains that could be refused.
  const reaches = world.definition === "fine" || world.definition === "grown";
  if (!to.domainFits && reaches) misfits.push("DomainsNotAllowed");
  if (to.docs !== "any" && !to.docs.includes(world.place.doc) && !("gone" in world.place))
    misfits.push("DocNotAllowed");
  if (!to.sharedWithin || "gone" in world.place) return { misfits, doubts };
  const people = audience(world);
  if (people === null) {
    doubts.push("AudienceUnknown");
    return { misfits, doubts };
  }
  const moved = "moved" in world.place && world.place.moved;
  for (const { byFolder, entry } of people.entries) {
    const admitted = admitsEntry(entry, to, world);
    if (admitted === "unknown") doubts.push("GroupDataStale");
    // Moved to a folder with people who have no access, or shared wider.
    if (admitted === false) misfits.push(byFolder && moved ? "FolderIncompatible" : "SharingIncompatible");
  }
  if (!people.whole) doubts.push("AudienceUnknown");
  return { misfits, doubts };
}

/** "suspend is no check": what an installed pack is like, once it is clear that it stays. */
function standing(world: SmallWorld, by: string, trouble: Reasons, doubts: Reasons): Opinion {
  let suspended = trouble;
  if (trouble.length === 0 && world.widened) suspended = ["NetworkWidened"];
  if (world.resting) suspended = ["Suspended"];
  return { is: "installed", by, suspended, unknown: doubts };
}

// Section 2: becoming installed. The first check that fails gives the reason.

function becoming(world: SmallWorld): Opinion {
  const waiting = (...why: string[]): Opinion => ({ is: "waiting", why });
  // An organization that is absent is unknown: nothing new is installed.
  if (world.organization === null) return waiting("OrganizationNotFound");
  // 1
  if (world.definition === null) return waiting("PackNotFound");
  if (world.definition === "not accepted") return waiting("DefinitionNotAccepted");
  // 2
  if (world.definition === "grown") return waiting("ReviewRequired");
  return bindable(world);
}

/** Checks 3 to 8. */
function bindable(world: SmallWorld): Opinion {
  const waiting = (...why: string[]): Opinion => ({ is: "waiting", why });
  const refused = (...why: string[]): Opinion => ({ is: "refused", why });
  if (world.organization === null) return waiting("OrganizationNotFound");
  // 3
  for (const configuration of world.configurations) {
    if (configuration.admits === "nobody-at-all") return refused("PackDenied");
  }
  const enforced = world.configurations.filter((configuration) => !configuration.trial);
  const answers = enforced.map((configuration) => hasAccess(world.installer, configuration, world));
  // 4: an approved request, or a configuration that the installer can access.
  if (world.organization.approvals && world.request !== "approved") {
    const admitted = either(...answers);
    if (admitted === "unknown") return waiting("GroupDataStale");
    if (admitted === false) return world.request === "denied" ? refused("ApprovalDenied") : waiting("ApprovalPending");
  }
  // 5
  let chosen: SmallConfiguration | undefined;
  if (world.naming !== null) {
    chosen = world.configurations.find((configuration) => configuration.name === world.naming);
    if (chosen === undefined) return waiting("ConfigurationNotFound");
    if (chosen.trial) return refused("ConfigurationNotAccessible");
    const access = hasAccess(world.installer, chosen, world);
    if (access === "unknown") return waiting("GroupDataStale");
    if (access === false) return refused("ConfigurationNotAccessible");
  } else if (enforced.length === 0) {
    // No configuration: members, if a request was approved or the organization is open to them.
    const open = world.request === "approved" || (world.organization.openToMembers && !world.organization.approvals);
    if (!open || isMember(world.installer, world) !== true) return refused("NoAccessibleConfiguration");
  } else {
    const sure = enforced.filter((_, index) => answers[index] === true);
    const perhaps = enforced.filter((_, index) => answers[index] === "unknown");
    if (sure.length > 1) return refused("ConfigurationAmbiguous");
    // Exactly one, unless one of the others is accessible, too.
    if (perhaps.length > 0) return waiting("GroupDataStale");
    chosen = sure[0];
    if (chosen === undefined) return refused("NoAccessibleConfiguration");
  }
  // 6
  if (chosen !== undefined && !chosen.domainFits) return refused("DomainsNotAllowed");
  // 7
  if ("gone" in world.place) return waiting("DocNotFound");
  if (chosen === undefined) return standing(world, BY_DEFAULT, [], []);
  const { doubts, misfits } = checkFit(chosen, world);
  if (misfits.includes("DocNotAllowed")) return refused("DocNotAllowed");
  // 8
  if (misfits.length > 0) return refused("SharingIncompatible");
  if (doubts.length > 0) return waiting(...doubts);
  return standing(world, chosen.name, [], []);
}

// Section 3: staying installed.

/** Bound to the default while configurations are there: bound to the first of them that is accessible, or uninstalled. */
function appearing(world: SmallWorld): Opinion | undefined {
  const uninstalled = (...why: string[]): Opinion => ({ is: "uninstalled", why });
  if (world.configurations.some(({ admits }) => admits === "nobody-at-all")) return uninstalled("PackDenied");
  const enforced = world.configurations.filter((configuration) => !configuration.trial);
  const answers = enforced.map((configuration) => hasAccess(world.installer, configuration, world));
  const sure = enforced.filter((_, index) => answers[index] === true);
  // The default holds no longer, and nobody can tell what takes its place.
  if (sure.length < 2 && answers.includes("unknown")) {
    return standing({ ...world, widened: false }, BY_DEFAULT, ["GroupDataStale"], ["GroupDataStale"]);
  }
  const first = sure[0];
  if (first === undefined) return uninstalled("NoAccessibleConfiguration");
  if (!first.domainFits) return uninstalled("DomainsNotAllowed");
  if ("gone" in world.place) return undefined;
  const { doubts, misfits } = checkFit(first, world);
  if (misfits.includes("DocNotAllowed")) return uninstalled("DocNotAllowed");
  if (misfits.length > 0) return uninstalled("SharingIncompatible");
  return standing(world, first.name, [], doubts);
}

function staying(world: SmallWorld): Opinion {
  const { history, organization, place } = world;
  const byDefault = history === "bound by default" || history === "bound by the request";
  const binding = byDefault ? BY_DEFAULT : "one";
  const notAccepted = world.definition === "not accepted" ? ["DefinitionNotAccepted"] : [];
  const doubts: string[] = [];

  // The first configuration of a pack appears: the checks run again for those bound to the default.
  // While the definition is not accepted nobody can tell what they would say of its domains.
  const appeared = world.configurations.some((configuration) => !configuration.trial);
  if (byDefault && appeared && organization !== null && world.definition !== null && notAccepted.length === 0) {
    const answer = appearing(world);
    if (answer !== undefined) return answer;
  }

  const causes: string[] = [];
  if (world.definition === null) causes.push("PackNotFound");
  if (world.configurations.some((configuration) => configuration.admits === "nobody-at-all")) causes.push("PackDenied");
  if ("gone" in place) causes.push("DocNotFound");
  if (history === "bound by the request" && world.request === "denied") causes.push("ApprovalDenied");

  // Switched to Audit: as deleted. Made again: bound again if accessible.
  let bound = world.configurations.find((configuration) => configuration.name === binding && !configuration.trial);
  if (bound?.remade) {
    const again = hasAccess(world.installer, bound, world);
    // Whether it is bound again nobody can tell: it is held as it is, unless the pack goes anyway.
    if (again === "unknown" && organization !== null && !causes.includes("PackDenied")) {
      return standing(world, binding, [], ["GroupDataStale"]);
    }
    if (again !== true) bound = undefined;
  }
  if (!byDefault && bound === undefined) causes.push("ConfigurationDeleted");

  // Uninstalled iff neither the installer nor the doc's owner has access any more.
  if (byDefault || bound !== undefined) {
    const owner = "gone" in place ? null : place.owner;
    const access = either(
      ...[world.installer, owner].map((person): Answer => {
        if (person === null) return false;
        if (bound !== undefined) return hasAccess(person, bound, world);
        if (organization === null) return "unknown";
        // An approved request admits every member.
        return (organization.openToMembers || history === "bound by the request") && isMember(person, world);
      }),
    );
    if (access === false) causes.push("InstallerAccessLost");
    if (access === "unknown") doubts.push("GroupDataStale");
  }
  if (bound !== undefined) {
    const { doubts: unsure, misfits } = checkFit(bound, world);
    causes.push(...misfits);
    doubts.push(...unsure);
  }

  // Without an organization nothing is uninstalled, and nothing widens: what would leave is closed.
  if (organization === null) doubts.push("OrganizationNotFound");
  if (causes.length > 0 && organization !== null) {
    const waits = world.grace && !byDefault;
    return { is: waits ? "uninstalling" : "uninstalled", why: causes };
  }
  // A pack that was leaving works again once its cause is gone, and not because nobody can tell.
  const left = history === "leaving one" && doubts.length > 0 ? [BEGAN] : [];
  const trouble = causes.length > 0 ? [...causes] : notAccepted.length > 0 ? notAccepted : world.widened ? [] : left;
  return standing(world, binding, trouble, doubts);
}

/** What each configuration on trial would do: by name, the reasons; undefined where it does not concern the install. */
export function trialOpinion(world: SmallWorld): ReadonlyMap<string, Reasons> | undefined {
  const said = new Map<string, Reasons>();
  if (world.history === "uninstalled") return undefined;
  for (const configuration of world.configurations) {
    if (!configuration.trial || hasAccess(world.installer, configuration, world) !== true) continue;
    said.set(configuration.name, checkFit(configuration, world).misfits);
  }
  return said.size === 0 ? undefined : said;
}
