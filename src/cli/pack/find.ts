/** The definition of one pack, from files or from a cluster. */
import { PACK_DEFINITION } from "../../api/kinds.ts";
import type { PackDefinition } from "../../api/v1alpha1/index.ts";
import { isNotFound } from "../../kube/errors.ts";
import { CALL_TIMEOUT_MS, type ClusterOptions, withCluster } from "../cluster.ts";
import { CommandError, EXIT, usageError } from "../exit.ts";
import { load } from "../input/load.ts";
import type { Io } from "../io.ts";
import { isRefused } from "../schema/admission.ts";
import { didYouMean, harmless } from "../text.ts";

/** @throws CommandError where the files have no valid definition of this name */
export const findInFiles = async (pack: string, paths: readonly string[], io: Io): Promise<PackDefinition> => {
  const definitions = (await load(paths, io)).ours.filter(({ manifest }) => manifest.kind === PACK_DEFINITION.kind);
  const found = definitions.findLast(({ manifest }) => manifest.name === pack);
  if (found === undefined) {
    const names = definitions.map(({ manifest }) => manifest.name);
    throw usageError(`there is no PackDefinition '${harmless(pack)}' in the input.${didYouMean(pack, names)}`);
  }
  if (isRefused(found.admitted)) {
    throw usageError(`the API server would refuse the PackDefinition '${pack}': run \`packctl lint\` to see why.`);
  }
  return found.admitted.object as unknown as PackDefinition;
};

/** @throws CommandError where there is no cluster, or no such definition in it */
export const findInCluster = (pack: string, options: ClusterOptions): Promise<PackDefinition> =>
  withCluster(options, async ({ client }) => {
    try {
      return await client.get<PackDefinition>(PACK_DEFINITION, { name: pack }, { timeoutMs: CALL_TIMEOUT_MS });
    } catch (error) {
      if (isNotFound(error)) throw new CommandError(EXIT.findings, `there is no PackDefinition '${pack}'.`);
      throw error;
    }
  });
