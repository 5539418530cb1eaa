/** Every condition type that a kind can carry, with its polarity and what it says when true: one table. */

export type ConditionSpec = {
  readonly type: string;
  /** `positive`: True is good. `negative`: True is bad or unfinished. */
  readonly polarity: "positive" | "negative";
  /** `always`: set on the first visit and kept. `whileTrue`: exists only while it is True. `whereApplicable`: only where it means something. */
  readonly presence: "always" | "whileTrue" | "whereApplicable";
  /** What it says when it is True, for people. */
  readonly text: string;
};

const always = <const T extends string>(type: T, text: string) =>
  ({ type, polarity: "positive", presence: "always", text }) as const;

const READY = always("Ready", "Everything below is as it should be.");
const ACCEPTED = always("Accepted", "The object passes the checks that the API server cannot make.");

const RECONCILING = {
  type: "Reconciling",
  polarity: "negative",
  presence: "whileTrue",
  text: "The controller is making changes.",
} as const;

const STALLED = {
  type: "Stalled",
  polarity: "negative",
  presence: "whileTrue",
  text: "Nothing will change until somebody does what the message says.",
} as const;

const PROGRESS = [RECONCILING, STALLED] as const;

/** The conditions of each kind, `Ready` first. */
export const CONDITIONS = {
  PackDefinition: [
    READY,
    ACCEPTED,
    always("Reviewed", "Every fact that needs a review is approved, or none needs one."),
    always("Certified", "A certifier vouches for the definition as it is now. Not needed for Ready."),
    ...PROGRESS,
  ],
  PackReview: [READY, ACCEPTED, ...PROGRESS],
  PackConfiguration: [
    READY,
    ACCEPTED,
    always("ReferencesResolved", "The pack and every building block that is named exist."),
    always("SubjectsResolved", "Every group that is named exists and is fresh."),
    ...PROGRESS,
  ],
  PackInstall: [
    READY,
    always("Accepted", "Every check that installing needs is passed."),
    always("ConfigurationBound", "Exactly one configuration governs the install."),
    always("AccountsReady", "Every account that is needed is connected, or none is needed. Not needed for Ready."),
    always("NetworkEnforced", "The pod proved from inside that the gateway is all it can reach."),
    always("SandboxReady", "The pod is ready."),
    always("Installed", "A configuration is bound and the pack is not uninstalled."),
    {
      type: "PolicyFit",
      polarity: "positive",
      presence: "whereApplicable",
      text: "No configuration that is being tried would refuse or uninstall the pack.",
    },
    { type: "Suspended", polarity: "negative", presence: "whileTrue", text: "The install rests; nothing runs." },
    ...PROGRESS,
  ],
  PackAccount: [
    READY,
    ACCEPTED,
    always("Connected", "There is a credential that works."),
    {
      type: "ConsentRequired",
      polarity: "negative",
      presence: "always",
      text: "The owner must agree before the credential goes anywhere new.",
    },
    ...PROGRESS,
  ],
  PackRequest: [READY, ACCEPTED, ...PROGRESS],
  PackGroup: [READY, always("Fresh", "The members are no older than the group allows."), ...PROGRESS],
  PackDoc: [READY, ACCEPTED, ...PROGRESS],
  PackFolder: [READY, ACCEPTED, ...PROGRESS],
  PackOrganization: [
    READY,
    always("AdmissionEnforced", "The admission policies and their bindings are installed and deny."),
    {
      type: "UninstallPaused",
      polarity: "negative",
      presence: "whileTrue",
      text: "So many packs would be uninstalled at once that none is, until the cause goes or an administrator resumes.",
    },
    ...PROGRESS,
  ],
  PackGrant: [],
} as const satisfies Readonly<Record<string, readonly ConditionSpec[]>>;

/** A kind that the table knows. */
export type ConditionKind = keyof typeof CONDITIONS;

/** The condition types of one kind. */
export type ConditionTypeOf<Kind extends ConditionKind> = (typeof CONDITIONS)[Kind][number]["type"];

/** Any condition type of any kind. */
export type ConditionType = ConditionTypeOf<ConditionKind>;
