import { Document, Scalar, visit } from "yaml";
import { harmless, harmlessYaml, isHarmful } from "../text.ts";

/**
 * One YAML document that every reader reads alike (`Off` is quoted), never wrapped, ending in a line end. Harmful
 * characters are escaped in double quotes. `comment`: a line above it.
 */
export const toYaml = (value: unknown, comment?: string): string => {
  const document = new Document(value, { compat: "yaml-1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && isHarmful(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = harmlessYaml(document.toString({ lineWidth: 0 }));
  return comment === undefined ? text : `# ${harmless(comment)}\n${text}`;
};

/** Several documents. */
export const toYamlStream = (documents: readonly string[]): string => documents.join("---\n");

/** One word or text in YAML, quoted where a reader could take it for something else. */
export const scalar = (text: string): string => toYaml(text).trimEnd();
