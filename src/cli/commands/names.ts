/** `packctl __names`: what completion scripts ask for. Says nothing where it cannot know. */
import { Argument, type Command } from "commander";
import { PACK_DEFINITION, PACK_INSTALL, PACK_REQUEST, type Resource } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { type ClusterOptions, listAll, withCluster } from "../cluster.ts";
import { NAME_KINDS, NAMES_COMMAND, type NameKind } from "../completion/tree.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { load } from "../input/load.ts";
import type { Io } from "../io.ts";
import { isHarmful } from "../text.ts";

export const namesCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command(NAMES_COMMAND, { hidden: true })
    .description("Prints names of objects, for completion.")
    .addArgument(new Argument("<kind>", "of what").choices(NAME_KINDS))
    .argument("[words...]", "the command line so far, after --")
    .action(async (kind: NameKind, words: readonly string[]) => {
      const names = await namesOf(kind, words, io).catch(() => []);
      io.stdout.write(
        [...new Set(names)]
          .sort()
          .map((name) => `${name}\n`)
          .join(""),
      );
      end(EXIT.ok);
    });
};

const RESOURCES: Readonly<Record<NameKind, Resource>> = {
  pack: PACK_DEFINITION,
  install: PACK_INSTALL,
  request: PACK_REQUEST,
};

/** The values that follow a flag, up to the next one. */
const valuesOf = (words: readonly string[], ...flags: readonly string[]): readonly string[] => {
  const start = words.findLastIndex((word) => flags.includes(word));
  if (start < 0) return [];
  const rest = words.slice(start + 1);
  const end = rest.findIndex((word) => word.startsWith("-") && word !== "-");
  return end < 0 ? rest : rest.slice(0, end);
};

/** Nobody waits for a cluster that does not answer. */
const PATIENCE_MS = 3_000;

const namesOf = async (kind: NameKind, words: readonly string[], io: Io): Promise<readonly string[]> => {
  const files = valuesOf(words, "-f", "--filename").filter((path) => path !== "-");
  const names = await (files.length > 0 ? namesInFiles(kind, files, io) : namesInCluster(kind, words));
  return names.filter((name) => name !== "" && !isHarmful(name));
};

const namesInFiles = async (kind: NameKind, files: readonly string[], io: Io): Promise<readonly string[]> =>
  (await load(files, io)).ours
    .filter(({ manifest }) => manifest.kind === RESOURCES[kind].kind)
    .map(({ manifest }) => manifest.name);

const namesInCluster = (kind: NameKind, words: readonly string[]): Promise<readonly string[]> => {
  const [kubeconfig] = valuesOf(words, "--kubeconfig");
  const [context] = valuesOf(words, "--context");
  const [namespace] = valuesOf(words, "-n", "--namespace");
  const options: ClusterOptions = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  const resource = RESOURCES[kind];
  return withCluster(options, async ({ client, namespace: own }) => {
    const objects = await listAll<KubeObject>(client, resource, {
      timeoutMs: PATIENCE_MS,
      ...(resource.namespaced ? { namespace: namespace ?? own } : {}),
    });
    return objects.map(({ metadata }) => metadata.name);
  });
};
