/** The installs of a cluster or of files, each with what the rules look at: two worlds, asked alike. */
import { keyOf } from "../api/meta.ts";
import type { PackAccount, PackGrantSpec, PackInstall } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import { evaluateAccount } from "../policy/account.ts";
import { definitionAccepted } from "../policy/checks.ts";
import { docOf, type InstallInput } from "../policy/input.ts";
import { accountStatus } from "../resources/account-status.ts";
import { childNameOf } from "../resources/identity.ts";
import type { Settings } from "../resources/settings.ts";
import { refuseInvalid } from "./commands/render.ts";
import { load, validObjects } from "./input/load.ts";
import type { Io } from "./io.ts";
import { blindSpots, liveInput, readLiveWorld } from "./live-world.ts";
import { buildWorld, inputFor } from "./world.ts";

export type InstallsView = {
  /** Whether a controller has looked at the objects; in files nobody has. */
  readonly live: boolean;
  readonly installs: readonly PackInstall[];
  readonly inputOf: (install: PackInstall) => InstallInput;
  /** What the controller has written for an install, as far as the user may see it. */
  readonly storedGrant: (install: PackInstall) => PackGrantSpec | undefined;
  /** What the user may not see, a clause for each. */
  readonly hidden: readonly string[];
};

/** `now`: milliseconds since 1970. `namespace`: what may not be listed elsewhere is listed there. @throws ApiError, TransportError */
export const viewCluster = async (
  client: Pick<Client, "getMetadata" | "list">,
  { namespace, now, settings }: { readonly namespace: string; readonly now: number; readonly settings: Settings },
): Promise<InstallsView> => {
  const world = await readLiveWorld(client, now, namespace);
  return {
    live: true,
    installs: world.installs,
    inputOf: (install) => liveInput(world, install, settings),
    storedGrant: (install) => world.grants.get(childNameOf(install))?.spec,
    hidden: blindSpots(world),
  };
};

/** `namespace`: of objects that name none. @throws CommandError for input that the API server would refuse */
export const viewFiles = async (
  paths: readonly string[],
  { namespace, settings }: { readonly namespace: string; readonly settings: Settings },
  io: Io,
): Promise<InstallsView> => {
  const loaded = await load(paths, io);
  refuseInvalid(loaded);
  const world = buildWorld(validObjects(loaded), namespace, io.now());
  return {
    live: false,
    installs: world.installs,
    inputOf: (install) => withConsents(inputFor(world, install, settings)),
    storedGrant: () => undefined,
    hidden: [],
  };
};

/** To connect an account is to consent: what the controller would write down first. */
const withConsents = (input: InstallInput): InstallInput => {
  const step = definitionAccepted(input, {});
  const facts = "pass" in step ? step.pass.facts : undefined;
  if (facts === undefined) return input;
  const settled = (account: PackAccount): PackAccount => {
    const evaluation = evaluateAccount({ ...input, account, facts });
    return { ...account, status: accountStatus({ now: input.now, account, evaluation }) };
  };
  return { ...input, accounts: input.accounts.map(settled) };
};

/** `doc`: `namespace/name` of a PackDoc, or a namespace. Of several installs the bound one, then the oldest, comes first. */
export const installsIn = (view: InstallsView, pack: string, doc: string): readonly PackInstall[] =>
  view.installs
    .filter((install) => install.spec.packRef.name === pack && docOf(install) === doc)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));

const rank = (install: PackInstall): string =>
  `${install.status?.boundConfiguration === undefined ? 1 : 0}|${install.metadata.creationTimestamp ?? ""}|${keyOf(install)}`;
