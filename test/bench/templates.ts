/**
 * The objects that an install becomes, as text with holes: made once by the product's own functions, so that a floor
 * can write the very same objects without computing anything.
 */
import type { KubeObject } from "../../src/api/meta.ts";
import { INSTALL_FINALIZER } from "../../src/api/names.ts";
import type {
  PackConfiguration,
  PackDefinition,
  PackGrant,
  PackInstall,
  PackOrganization,
} from "../../src/api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../../src/api/wire.ts";
import { evaluateInstall } from "../../src/policy/evaluate.ts";
import { found } from "../../src/policy/truth.ts";
import { desiredObjects } from "../../src/resources/desired.ts";
import { childNameOf } from "../../src/resources/identity.ts";
import { installStatus } from "../../src/resources/install-status.ts";
import { DEFAULT_SETTINGS, domainRules } from "../../src/resources/settings.ts";
import { installInput } from "../gen/objects.ts";

/** What an install is decided by, as the API server has it. */
export type Declared = {
  readonly organization: PackOrganization;
  readonly definition: PackDefinition;
  readonly configuration: PackConfiguration;
};

export type Objects = {
  readonly networkPolicy: NetworkPolicy;
  readonly grant: PackGrant;
  readonly pod: Pod;
  /** The install with its status, as it is sent to the status subresource. */
  readonly installed: PackInstall;
};

export type Templates = { readonly of: (install: PackInstall) => Objects };

const HOLE = { namespace: "namespace-hole", name: "name-hole", uid: "00000000-hole-hole-hole-000000000000" } as const;

const hollow = (sample: PackInstall): PackInstall => ({
  ...sample,
  metadata: { ...HOLE, generation: 1, finalizers: [INSTALL_FINALIZER] },
});

const objectsOf = (install: PackInstall, { configuration, definition, organization }: Declared): Objects => {
  const input = installInput({
    now: Date.now(),
    install,
    organization: found(organization),
    definition: found(definition),
    configurations: [configuration],
    rules: domainRules(DEFAULT_SETTINGS),
  });
  const evaluation = evaluateInstall(input);
  const desired = desiredObjects(input, evaluation, DEFAULT_SETTINGS);
  const status = installStatus({
    world: input,
    evaluation,
    desired,
    pod: undefined,
    trials: undefined,
    obstacle: undefined,
  });
  const { grant, networkPolicy, pod } = desired;
  if (typeof grant !== "object" || typeof networkPolicy !== "object" || typeof pod !== "object") {
    throw new Error(`the sample install is not installed: ${JSON.stringify(evaluation)}`);
  }
  return { grant, networkPolicy, pod, installed: { ...install, status } };
};

/** Templates for installs like `sample`. `before`: what the installs were bound by until now. */
export const templatesFor = (sample: PackInstall, declared: Declared, before?: Declared): Templates => {
  const first = hollow(sample);
  const base = before === undefined ? first : objectsOf(first, before).installed;
  const text = JSON.stringify(objectsOf(base, declared));
  const child = childNameOf(first);
  return {
    of: (install) => {
      const { name, namespace = "", uid = "" } = install.metadata;
      const filled = text
        .replaceAll(child, childNameOf(install))
        .replaceAll(HOLE.uid, uid)
        .replaceAll(HOLE.namespace, namespace)
        .replaceAll(HOLE.name, name);
      return JSON.parse(filled) as Objects;
    },
  };
};

/** The object, written over the version that the server answered with last. */
export const over = <T extends KubeObject>(object: T, resourceVersion: string | undefined, uid?: string): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion, ...(uid === undefined ? {} : { uid }) },
});
