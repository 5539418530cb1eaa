/** Every rule of `packctl lint`: one table, closed. Ids are an API: they are never renamed or used again. */

export type Level = "error" | "warning" | "note";

export type RuleText = {
  /** One CamelCase word. */
  readonly name: string;
  readonly level: Level;
  /** What it finds, a sentence. */
  readonly text: string;
  /** What to do, a sentence. */
  readonly advice: string;
};

const rule = (name: string, level: Level, text: string, advice: string): RuleText => ({ name, level, text, advice });

export const RULES = {
  // What was read.
  PACK001: rule("NotYaml", "error", "The file is not YAML.", "Correct it at the place that the message names."),
  PACK002: rule(
    "NotAnObject",
    "error",
    "A document is not a Kubernetes object.",
    "Give it `apiVersion`, `kind` and `metadata`.",
  ),
  PACK003: rule(
    "OtherKind",
    "note",
    "An object of another API is not checked.",
    "Nothing; another tool may know the kind.",
  ),
  PACK004: rule(
    "UnknownKind",
    "error",
    "An object of the group packs.dev has a kind or version that does not exist.",
    "Correct `kind` and `apiVersion`.",
  ),
  PACK005: rule(
    "DuplicateObject",
    "error",
    "Two documents describe one object; the later one would overwrite the earlier one.",
    "Remove one of them, or rename it.",
  ),
  PACK006: rule(
    "NothingToCheck",
    "warning",
    "There is no object of packs.dev in the input.",
    "Check the paths given with `-f`.",
  ),
  PACK007: rule(
    "ObjectTooLarge",
    "error",
    "An object is larger than the API server stores.",
    "Make it smaller than 1.5 MiB as JSON.",
  ),

  // What the API server would refuse.
  PACK101: rule("UnknownField", "error", "A field does not exist.", "Correct its name or its place, or remove it."),
  PACK102: rule("MissingField", "error", "A field that must be written is missing.", "Write it."),
  PACK103: rule("WrongType", "error", "A value is of the wrong type.", "Write what the message asks for."),
  PACK104: rule("InvalidValue", "error", "A value is outside of what is allowed.", "Write what the message asks for."),
  PACK105: rule("RepeatedEntry", "error", "An entry of a list stands there twice.", "Remove one of them."),
  PACK106: rule("RuleBroken", "error", "A rule of the API is broken.", "Write what the message asks for."),
  PACK107: rule(
    "RuleNotEvaluated",
    "note",
    "A rule of the API cannot be evaluated offline.",
    "Apply with `--dry-run=server` to be sure.",
  ),
  PACK108: rule(
    "InvalidMetadata",
    "error",
    "A name, label or annotation is not valid.",
    "Write what the message asks for.",
  ),
  PACK109: rule(
    "StatusIgnored",
    "note",
    "The file has a `status`, which the API server does not take from a file.",
    "Remove it.",
  ),
  PACK110: rule(
    "NamespaceIgnored",
    "warning",
    "An object of a cluster-wide kind has a namespace.",
    "Remove `metadata.namespace`.",
  ),
  PACK111: rule(
    "WrittenByController",
    "error",
    "Only the controller may write this kind.",
    "Remove the object; it follows from the PackInstall.",
  ),

  // What the controller would refuse.
  PACK201: rule(
    "NotAccepted",
    "error",
    "The controller would not accept the object (`Accepted=False`).",
    "Correct what the message names.",
  ),
  PACK202: rule(
    "ReviewRequired",
    "warning",
    "A reviewer must approve facts of the definition before it is installed.",
    "Ask a reviewer for a PackReview with the digest that the message names, or give it with `-f`, too.",
  ),
  PACK203: rule(
    "NotInstalled",
    "warning",
    "With the given objects the controller would not install the pack. An error with `--strict`.",
    "Correct what the message names, or give the objects that are missing.",
  ),

  // References.
  PACK301: rule(
    "ReferenceNotFound",
    "note",
    "An object that is named is not in the input; it may be in the cluster. An error with `--strict`.",
    "Correct the name, or give the object with `-f`, too.",
  ),
  PACK302: rule(
    "ComponentNotFound",
    "error",
    "A configuration names a building block that the definition does not have.",
    "Correct the name; the entry does nothing.",
  ),
  PACK303: rule(
    "ParameterNotFound",
    "error",
    "A configuration restricts a parameter that the building block does not have.",
    "Correct the name; the entry does nothing.",
  ),

  // Advice.
  PACK401: rule(
    "DenyBeatsNamed",
    "warning",
    "A building block is named, and its whole class is denied: it stays off.",
    "Remove the entry, or the `Deny`.",
  ),
  PACK402: rule(
    "NothingListed",
    "warning",
    "Only what is listed is allowed, and nothing is listed: nothing or nobody is allowed.",
    "List something; if nothing is meant, `state: Denied` says so better.",
  ),
  PACK403: rule(
    "SecondInstall",
    "error",
    "Two installs put one pack into one doc; only the older one is installed.",
    "Remove one of them.",
  ),
  PACK404: rule("Suspended", "note", "The install is suspended: nothing runs.", "Remove `spec.suspend` to let it run."),
  PACK405: rule(
    "DenyBeatsAll",
    "warning",
    "A configuration denies the pack to everybody, and another one allows it: nobody may use it.",
    "Remove one of the two.",
  ),
  PACK406: rule(
    "OutsidersAdmitted",
    "note",
    "`state: Approved` admits everybody, people outside of the organization too.",
    "Use `state: Configured` with `scope: Organization` to admit members only.",
  ),
  PACK407: rule(
    "SubjectNotMember",
    "warning",
    "A user is named who is not a member of the organization: he gets no access.",
    "Correct the name, or the organization's `ownedDomains`.",
  ),
  PACK408: rule(
    "OperatorNamespace",
    "warning",
    "An install is in a namespace of the operator itself.",
    "Put it into a namespace of its users.",
  ),
  PACK409: rule(
    "PlaceholderLeft",
    "error",
    "A placeholder of an outline is still there.",
    "Write what the message asks for.",
  ),
} as const satisfies Readonly<Record<string, RuleText>>;

export type RuleId = keyof typeof RULES;
export const RULE_IDS = Object.keys(RULES) as readonly RuleId[];

const SEVERITY: Readonly<Record<Level, number>> = { note: 0, warning: 1, error: 2 };

export const atLeast = (level: Level, threshold: Level): boolean => SEVERITY[level] >= SEVERITY[threshold];
