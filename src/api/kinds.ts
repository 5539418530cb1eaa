/** The API group, version and the kinds it serves, as values. */

export const GROUP = "packs.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

/** What is needed to address a kind at the API server without discovery. */
export type Resource = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
};

const packs = (kind: string, plural: string, namespaced: boolean): Resource => ({
  apiVersion: API_VERSION,
  kind,
  plural,
  namespaced,
});

export const PACK_DEFINITION = packs("PackDefinition", "packdefinitions", false);
export const PACK_REVIEW = packs("PackReview", "packreviews", false);
export const PACK_CONFIGURATION = packs("PackConfiguration", "packconfigurations", false);
export const PACK_INSTALL = packs("PackInstall", "packinstalls", true);
export const PACK_ACCOUNT = packs("PackAccount", "packaccounts", true);
export const PACK_REQUEST = packs("PackRequest", "packrequests", true);
export const PACK_GROUP = packs("PackGroup", "packgroups", false);
export const PACK_DOC = packs("PackDoc", "packdocs", true);
export const PACK_FOLDER = packs("PackFolder", "packfolders", true);
export const PACK_ORGANIZATION = packs("PackOrganization", "packorganizations", false);
export const PACK_GRANT = packs("PackGrant", "packgrants", true);

/** Every kind of the group, in the order in which people read about them. */
export const PACK_KINDS: readonly Resource[] = [
  PACK_DEFINITION,
  PACK_REVIEW,
  PACK_CONFIGURATION,
  PACK_INSTALL,
  PACK_ACCOUNT,
  PACK_REQUEST,
  PACK_GROUP,
  PACK_DOC,
  PACK_FOLDER,
  PACK_ORGANIZATION,
  PACK_GRANT,
];

/** Kinds that this version stores but does not act on: their objects say so themselves. */
export const UNSUPPORTED_KINDS: readonly Resource[] = [
  PACK_REVIEW,
  PACK_ACCOUNT,
  PACK_REQUEST,
  PACK_GROUP,
  PACK_DOC,
  PACK_FOLDER,
];

export const NAMESPACE: Resource = { apiVersion: "v1", kind: "Namespace", plural: "namespaces", namespaced: false };
export const POD: Resource = { apiVersion: "v1", kind: "Pod", plural: "pods", namespaced: true };
export const NETWORK_POLICY: Resource = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
};
export const LEASE: Resource = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
};
export const EVENT: Resource = { apiVersion: "events.k8s.io/v1", kind: "Event", plural: "events", namespaced: true };
export const CUSTOM_RESOURCE_DEFINITION: Resource = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};
const admission = (kind: string, plural: string): Resource => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind,
  plural,
  namespaced: false,
});
export const VALIDATING_ADMISSION_POLICY = admission("ValidatingAdmissionPolicy", "validatingadmissionpolicies");
export const VALIDATING_ADMISSION_POLICY_BINDING = admission(
  "ValidatingAdmissionPolicyBinding",
  "validatingadmissionpolicybindings",
);

/** The name of the CustomResourceDefinition that serves a kind of this group. */
export const crdName = (resource: Resource): string => `${resource.plural}.${GROUP}`;
