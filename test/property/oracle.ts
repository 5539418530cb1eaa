/**
 * A second opinion on the rules, for a small model: two users, two configurations, one pack. Written from the rules'
 * sentences, step by step and without regard to speed; it shares no code with `src/policy`.
 */

/** `ann` is a member, `oz` an outsider. */
export type Person = "ann" | "oz";

export type SmallConfiguration = {
  readonly name: "one" | "two";
  readonly admits: "anybody" | "nobody-at-all" | "members" | readonly Person[];
  readonly trial: boolean;
  readonly domainFits: boolean;
  readonly docFits: boolean;
  /** It has another UID than when the install was bound. */
  readonly remade: boolean;
};

export type SmallWorld = {
  /** `null`: there is no organization. */
  readonly organization: { readonly openToMembers: boolean; readonly automatic: boolean } | null;
  readonly definition: "fine" | "not accepted" | null;
  readonly configurations: readonly SmallConfiguration[];
  readonly installer: Person;
  readonly owner: Person | null;
  readonly naming: "one" | null;
  readonly history: "new" | "bound to one" | "bound by default" | "uninstalled" | "uninstalled, then asked for";
  readonly resting: boolean;
  readonly widened: boolean;
  /** Every configuration's, and that of the binding: does an uninstall wait? */
  readonly grace: boolean;
};

const BY_DEFAULT = "(allow all)";

/** Yes, no, or that nobody can tell. */
type Answer = boolean | "unknown";

export const oracle = (world: SmallWorld): string => {
  switch (world.history) {
    case "new":
    case "uninstalled, then asked for":
      return becoming(world);
    case "uninstalled": {
      // Only a request or a new generation starts over, unless packs come back by themselves.
      if (world.organization === null || !world.organization.automatic) return "latched";
      const answer = becoming(world);
      return answer.startsWith("installed") ? answer : "latched";
    }
    default:
      return staying(world, world.history === "bound by default" ? BY_DEFAULT : "one");
  }
};

function isMember(person: Person, world: SmallWorld): Answer {
  if (world.organization === null) return "unknown";
  return person === "ann";
}

function hasAccess(person: Person, to: SmallConfiguration, world: SmallWorld): Answer {
  // Approved: anyone.
  if (to.admits === "anybody") return true;
  // Denied: nobody.
  if (to.admits === "nobody-at-all") return false;
  // Configured: a member, and (scope Organization, or named).
  if (to.admits !== "members" && !to.admits.includes(person)) return false;
  return isMember(person, world);
}

/** "suspend is no check": what an installed pack is like, once it is clear that it stays. */
function standing(world: SmallWorld, by: string, trouble: string | null, doubt: string | null): string {
  let answer = `installed by ${by}`;
  if (world.resting) answer += ", suspended Suspended";
  else if (trouble !== null) answer += `, suspended ${trouble}`;
  else if (world.widened) answer += ", suspended NetworkWidened";
  if (doubt !== null) answer += `, unknown ${doubt}`;
  return answer;
}

/** Section 2. */
function becoming(world: SmallWorld): string {
  // An organization that is absent is unknown: nothing new is installed.
  if (world.organization === null) return "waiting OrganizationNotFound";
  // 1
  if (world.definition === null) return "waiting PackNotFound";
  if (world.definition === "not accepted") return "waiting DefinitionNotAccepted";
  // 3
  for (const configuration of world.configurations) {
    if (configuration.admits === "nobody-at-all") return "refused PackDenied";
  }
  // 5
  let chosen: SmallConfiguration | null = null;
  if (world.naming !== null) {
    for (const configuration of world.configurations) if (configuration.name === world.naming) chosen = configuration;
    if (chosen === null) return "waiting ConfigurationNotFound";
    if (chosen.trial) return "refused ConfigurationNotAccessible";
    if (hasAccess(world.installer, chosen, world) !== true) return "refused ConfigurationNotAccessible";
  } else {
    let enforced = 0;
    const accessible: SmallConfiguration[] = [];
    for (const configuration of world.configurations) {
      if (configuration.trial) continue;
      enforced++;
      if (hasAccess(world.installer, configuration, world) === true) accessible.push(configuration);
    }
    if (enforced === 0) {
      // No Enforce configuration exists, the installer is a member, and the default is for members.
      if (!world.organization.openToMembers) return "refused NoAccessibleConfiguration";
      if (isMember(world.installer, world) !== true) return "refused NoAccessibleConfiguration";
      return standing(world, BY_DEFAULT, null, null);
    }
    if (accessible.length === 0) return "refused NoAccessibleConfiguration";
    if (accessible.length > 1) return "refused ConfigurationAmbiguous";
    chosen = accessible[0] ?? null;
  }
  if (chosen === null) return "impossible";
  // 6, 7
  if (!chosen.domainFits) return "refused DomainsNotAllowed";
  if (!chosen.docFits) return "refused DocNotAllowed";
  return standing(world, chosen.name, null, null);
}

/** Section 3. */
function staying(world: SmallWorld, binding: "one" | typeof BY_DEFAULT): string {
  const notAccepted = world.definition === "not accepted" ? "DefinitionNotAccepted" : null;
  const someEnforced = world.configurations.some((it) => !it.trial);

  // The first configuration of a pack appears: the checks run again for those bound to the default.
  // While the definition is not accepted nobody can tell what they would say of its domains.
  if (binding === BY_DEFAULT && someEnforced && world.organization !== null && world.definition === "fine") {
    const answer = becoming({ ...world, naming: null });
    if (answer.startsWith("installed")) return answer;
    return `uninstalled ${answer.split(" ")[1]}`;
  }

  let bound: SmallConfiguration | null = null;
  for (const configuration of world.configurations) {
    // Switched to Audit: as deleted. Made again: bound again if accessible.
    if (configuration.name !== binding || configuration.trial) continue;
    if (configuration.remade && hasAccess(world.installer, configuration, world) !== true) continue;
    bound = configuration;
  }

  const cause = (): string | null => {
    if (world.definition === null) return "PackNotFound";
    for (const configuration of world.configurations) if (configuration.admits === "nobody-at-all") return "PackDenied";
    if (binding !== BY_DEFAULT && bound === null) return "ConfigurationDeleted";
    // Iff neither the installer nor the doc's owner has access any more.
    const people: Person[] = world.owner === null ? [world.installer] : [world.installer, world.owner];
    const answers = people.map((person): Answer => {
      if (bound !== null) return hasAccess(person, bound, world);
      if (world.organization === null) return "unknown";
      return world.organization.openToMembers && isMember(person, world) === true;
    });
    if (answers.every((answer) => answer === false)) return "InstallerAccessLost";
    // Unreviewed growth does not count, so a definition that is not accepted has no domains that could be refused.
    if (bound !== null && !bound.domainFits && world.definition === "fine") return "DomainsNotAllowed";
    if (bound !== null && !bound.docFits) return "DocNotAllowed";
    return null;
  };

  const why = cause();
  // Without an organization nothing is uninstalled, and nothing widens: what would leave is closed.
  if (world.organization === null) return standing(world, binding, why ?? notAccepted, "OrganizationNotFound");
  if (why === null) return standing(world, binding, notAccepted, null);
  return world.grace && binding !== BY_DEFAULT ? `uninstalling ${why}` : `uninstalled ${why}`;
}
