/** The kind of the contract suite. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { CUSTOM_RESOURCE_DEFINITION, type Resource } from "../../src/api/kinds.ts";
import type { KubeObject, Resourceful } from "../../src/api/meta.ts";
import type { Client } from "../../src/kube/client.ts";
import { isAlreadyExists } from "../../src/kube/errors.ts";
import { eventually } from "../cluster/eventually.ts";

export const WIDGET: Resource = {
  apiVersion: "contract.packs.dev/v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
};

export type WidgetSpec = {
  readonly color?: string;
  readonly size?: number;
  readonly tags?: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
};

export type WidgetStatus = {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
};

export type Widget = Resourceful<WidgetSpec, WidgetStatus>;

type Established = KubeObject & { readonly status?: WidgetStatus };

/** Installs the kind, unless it is there, and waits until it is served. */
export const installWidgets = async (client: Client): Promise<void> => {
  const definition = parse(readFileSync(new URL("widget.yaml", import.meta.url), "utf8")) as KubeObject;
  await client.create(CUSTOM_RESOURCE_DEFINITION, definition, { fieldManager: "contract" }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  await eventually("the Widget kind is established", async () => {
    const { status } = await client.get<Established>(CUSTOM_RESOURCE_DEFINITION, { name: definition.metadata.name });
    return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
  });
  await eventually("widgets are served", () => client.list(WIDGET, { limit: 1 }));
  const stop = new AbortController();
  const { signal } = stop;
  await eventually("widgets can be watched", () => client.watch(WIDGET, { timeoutSeconds: 1, idleMs: 5_000, signal }));
  stop.abort();
};
