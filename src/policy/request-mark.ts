import type { KubeObject } from "../api/meta.ts";

/** The longest request mark that a status can keep. */
const MARK_LENGTH = 256;

/** The value of a request annotation, as far as a status can keep it. A new value is a new request. */
export const requestMark = ({ metadata }: Pick<KubeObject, "metadata">, annotation: string): string | undefined =>
  metadata.annotations?.[annotation]?.slice(0, MARK_LENGTH);
