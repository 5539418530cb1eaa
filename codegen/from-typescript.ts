/**
 * Reads the kinds from their TypeScript sources. Only syntax is looked at: type aliases of one folder, found by name,
 * which is unique because one barrel exports them all. Everything that a structural schema cannot say, and every limit
 * that is missing, is a problem with its file and line.
 */
import { relative } from "node:path";
import {
  type JSDocableNode,
  Node,
  Project,
  type PropertySignature,
  SyntaxKind,
  type TypeAliasDeclaration,
  type TypeNode,
} from "ts-morph";
import { PACK_KINDS, type Resource } from "../src/api/kinds.ts";
import type {
  ArraySchema,
  Kind,
  ListType,
  ObjectSchema,
  Pattern,
  PrintColumn,
  Property,
  Rule,
  Schema,
  StringSchema,
} from "./model.ts";
import { type Problem, SourceError } from "./problems.ts";
import { type JsDoc, parseJsDoc, type Tag } from "./tags.ts";

/** Where in a kind the reader is. */
type Place = {
  /** Aliases being read, outermost first: a name that comes up again is a recursion. */
  readonly aliases: readonly string[];
  readonly path: string;
  readonly inListItem: boolean;
  /** Lists that nobody merges cost half as much when they are atomic. */
  readonly atomicLists: boolean;
};

/** Tags that stand on a value, by the type of value that they fit. */
const TAGS_OF = {
  string: ["minLength", "maxLength", "pattern", "notPattern", "schemaPattern", "format"],
  integer: ["integer", "minimum", "maximum"],
  boolean: [],
  array: ["listType", "listMapKey", "minItems", "maxItems"],
  object: [],
  map: ["minProperties", "maxProperties"],
} as const satisfies Readonly<Record<Schema["type"], readonly string[]>>;

const COMMON_TAGS = ["rule", "default"];
const PROPERTY_TAGS = ["immutable", "onlyWhen", "exactlyWhen"];
const KIND_TAGS = ["shortName", "printColumn", "selectableField", "labelName", "rule"];
const IMMUTABLE = "must not be changed; delete the object and create it again";

const LABEL_NAME: Rule = {
  expression: "size(self.metadata.name) <= 63 && !self.metadata.name.contains('.')",
  message: "`metadata.name` must have at most 63 characters and no dots, because it becomes a label value",
};

const READY_COLUMNS: readonly PrintColumn[] = [
  { name: "READY", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 0 },
  { name: "REASON", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].reason', priority: 0 },
];
const AGE_COLUMN: PrintColumn = {
  name: "AGE",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  priority: 0,
};

const EMPTY_DOC: JsDoc = { description: "", tags: [] };

const docOf = (node: JSDocableNode): JsDoc => {
  const doc = node.getJsDocs().at(-1);
  return doc === undefined ? EMPTY_DOC : parseJsDoc(doc.getText(), doc.getStartLineNumber());
};

/** The property's text and tags win over those of the named type that it has; rules and patterns of both count. */
const merge = (own: JsDoc, named: JsDoc): JsDoc => {
  const cumulative = ["rule", "pattern", "notPattern"];
  const said = new Set(own.tags.map((tag) => tag.name).filter((name) => !cumulative.includes(name)));
  return {
    description: own.description === "" ? named.description : own.description,
    tags: [...named.tags.filter((tag) => !said.has(tag.name)), ...own.tags],
  };
};

const ruleOf = (tag: Tag): Rule => ({
  expression: tag.text,
  message: tag.message ?? "",
  ...(tag.fieldPath === undefined ? {} : { fieldPath: tag.fieldPath }),
  ...(tag.reason === undefined ? {} : { reason: tag.reason }),
});

const all = (doc: JsDoc, name: string): readonly Tag[] => doc.tags.filter((tag) => tag.name === name);
const one = (doc: JsDoc, name: string): Tag | undefined => doc.tags.find((tag) => tag.name === name);

class Reader {
  readonly #root: string;
  readonly #aliases = new Map<string, TypeAliasDeclaration>();
  readonly #problems = new Map<string, Problem>();

  constructor(project: Project, root: string) {
    this.#root = root;
    for (const alias of project.getSourceFiles().flatMap((file) => file.getTypeAliases())) {
      if (this.#aliases.has(alias.getName())) this.#report(alias, `two types are named ${alias.getName()}`);
      this.#aliases.set(alias.getName(), alias);
    }
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  kind(resource: Resource): Kind | undefined {
    const alias = this.#aliases.get(resource.kind);
    const [spec, status] = alias === undefined ? [] : this.#specAndStatus(alias);
    if (alias === undefined || spec === undefined || status === undefined) {
      this.#add("src/api/v1alpha1", 1, `no type ${resource.kind} = Resourceful<Spec, Status>`);
      return undefined;
    }
    const doc = docOf(alias);
    this.#allow(alias, doc, KIND_TAGS);
    this.#needDescription(alias, doc);
    const compiled = resource.kind === "PackGrant";
    const place = { aliases: [], inListItem: false };
    return {
      resource,
      compiled,
      source: this.#fileOf(alias),
      description: doc.description,
      shortNames: all(doc, "shortName").map((tag) => tag.text),
      columns: this.#columns(alias, doc),
      selectableFields: all(doc, "selectableField").map((tag) => tag.text),
      rules: [...(one(doc, "labelName") === undefined ? [] : [LABEL_NAME]), ...this.#rules(alias, doc)],
      spec: this.#topLevel(spec, { ...place, path: "spec", atomicLists: compiled }),
      status: this.#topLevel(status, { ...place, path: "status", atomicLists: true }),
    };
  }

  #specAndStatus(alias: TypeAliasDeclaration): readonly TypeNode[] {
    const node = alias.getTypeNode();
    if (!Node.isTypeReference(node) || node.getTypeName().getText() !== "Resourceful") return [];
    return node.getTypeArguments();
  }

  #topLevel(node: TypeNode, place: Place): ObjectSchema {
    const schema = this.#schema(node, EMPTY_DOC, place);
    if (schema.type === "object") return schema;
    this.#report(node, "spec and status must be objects");
    return { type: "object", description: "", rules: [], properties: [] };
  }

  #columns(node: Node, doc: JsDoc): readonly PrintColumn[] {
    const own = all(doc, "printColumn").map((tag): PrintColumn => {
      const [name = "", type = "", jsonPath = "", priority = "0"] = tag.text.split(" ");
      const known = ["string", "integer", "boolean", "date"].includes(type) && jsonPath.startsWith(".");
      if (!known) this.#report(node, "@printColumn must be NAME type .json.path [priority]", tag.line);
      return { name, type, jsonPath, priority: Number(priority) };
    });
    return [...(own[0]?.name === "READY" ? [] : READY_COLUMNS), ...own, AGE_COLUMN];
  }

  /** The schema of a type, described by `doc` (what stands on the property or alias that has this type). */
  #schema(node: TypeNode, doc: JsDoc, place: Place): Schema {
    if (Node.isTypeReference(node)) return this.#reference(node, doc, place);
    if (Node.isTypeLiteral(node)) return this.#object(node, node.getProperties(), doc, place);
    if (Node.isIntersectionTypeNode(node)) return this.#intersection(node, doc, place);
    if (Node.isUnionTypeNode(node) || Node.isLiteralTypeNode(node)) return this.#enum(node, doc, place);
    if (Node.isTypeOperatorTypeNode(node) && node.getOperator() === SyntaxKind.ReadonlyKeyword) {
      const list = node.getTypeNode();
      if (Node.isArrayTypeNode(list)) return this.#array(node, list.getElementTypeNode(), doc, place);
    }
    if (node.getKind() === SyntaxKind.StringKeyword) return this.#string(node, doc, place);
    if (node.getKind() === SyntaxKind.NumberKeyword) return this.#integer(node, doc, place);
    if (node.getKind() === SyntaxKind.BooleanKeyword)
      return { type: "boolean", ...this.#base(node, doc, place, "boolean") };
    this.#report(node, `a schema cannot say \`${node.getText()}\``);
    return { type: "boolean", description: "", rules: [] };
  }

  #reference(node: TypeNode, doc: JsDoc, place: Place): Schema {
    const values = this.#recordValues(node);
    if (values !== undefined) return this.#map(node, values, doc, place);
    const name = node.getText();
    const alias = this.#aliases.get(name);
    const type = alias?.getTypeNode();
    if (alias === undefined || type === undefined) {
      this.#report(node, `unknown type \`${name}\``);
      return { type: "boolean", description: "", rules: [] };
    }
    if (place.aliases.includes(name)) {
      this.#report(node, `\`${name}\` contains itself; a schema must be finite`);
      return { type: "boolean", description: "", rules: [] };
    }
    const named = docOf(alias);
    this.#needDescription(alias, named);
    return this.#schema(type, merge(doc, named), { ...place, aliases: [...place.aliases, name] });
  }

  /** `X` of `Readonly<Record<string, X>>`. */
  #recordValues(node: TypeNode): TypeNode | undefined {
    if (!Node.isTypeReference(node) || node.getTypeName().getText() !== "Readonly") return undefined;
    const record = node.getTypeArguments()[0];
    if (!Node.isTypeReference(record) || record.getTypeName().getText() !== "Record") return undefined;
    const [keys, values] = record.getTypeArguments();
    return keys?.getKind() === SyntaxKind.StringKeyword ? values : undefined;
  }

  #base(node: Node, doc: JsDoc, place: Place, type: Schema["type"]): { description: string; rules: readonly Rule[] } {
    this.#allow(node, doc, [...TAGS_OF[type], ...COMMON_TAGS, ...PROPERTY_TAGS]);
    const fallback = one(doc, "default");
    if (fallback !== undefined && place.inListItem) {
      this.#report(
        node,
        "no @default inside list items: client-side apply would print `configured` for ever",
        fallback.line,
      );
    }
    return {
      description: doc.description,
      rules: this.#rules(node, doc),
      ...(fallback === undefined ? {} : { default: this.#json(node, fallback) }),
    };
  }

  #string(node: Node, doc: JsDoc, place: Place): StringSchema {
    if (one(doc, "maxLength") === undefined) this.#report(node, "a string needs @maxLength");
    const schemaPattern = one(doc, "schemaPattern")?.text;
    const format = one(doc, "format")?.text;
    return {
      type: "string",
      ...this.#base(node, doc, place, "string"),
      ...this.#numbers(node, doc, ["minLength", "maxLength"]),
      patterns: this.#patterns(node, doc),
      ...(format === undefined ? {} : { format }),
      ...(schemaPattern === undefined ? {} : { schemaPattern }),
    };
  }

  #patterns(node: Node, doc: JsDoc): readonly Pattern[] {
    return doc.tags
      .filter((tag) => tag.name === "pattern" || tag.name === "notPattern")
      .map((tag) => {
        if (tag.message === undefined)
          this.#report(node, `@${tag.name} needs a message that says what to write`, tag.line);
        if (tag.text.includes("\\p{")) this.#report(node, "`\\p{...}` needs @schemaPattern", tag.line);
        return { source: tag.text, negated: tag.name === "notPattern", message: tag.message ?? "" };
      });
  }

  #enum(node: TypeNode, doc: JsDoc, place: Place): Schema {
    const members = Node.isUnionTypeNode(node) ? node.getTypeNodes() : [node];
    const values = members.flatMap((member) => {
      const literal = Node.isLiteralTypeNode(member) ? member.getLiteral() : undefined;
      if (Node.isStringLiteral(literal)) return [literal.getLiteralValue()];
      this.#report(member, `a union may have only string literals, not \`${member.getText()}\``);
      return [];
    });
    return { type: "string", ...this.#base(node, doc, place, "string"), enum: values, patterns: [] };
  }

  #integer(node: Node, doc: JsDoc, place: Place): Schema {
    const format = one(doc, "integer")?.text;
    if (format !== "int32" && format !== "int64") {
      this.#report(node, "a number needs @integer int32 or int64; floats are written as strings");
    }
    const { minimum, maximum } = this.#numbers(node, doc, ["minimum", "maximum"]);
    if (minimum === undefined || maximum === undefined) this.#report(node, "a number needs @minimum and @maximum");
    return {
      type: "integer",
      ...this.#base(node, doc, place, "integer"),
      format: format === "int32" ? "int32" : "int64",
      minimum: minimum ?? 0,
      maximum: maximum ?? 0,
    };
  }

  #array(node: Node, element: TypeNode, doc: JsDoc, place: Place): ArraySchema {
    const listType = this.#listType(node, doc, place);
    const { minItems, maxItems } = this.#numbers(node, doc, ["minItems", "maxItems"]);
    if (maxItems === undefined) this.#report(node, "a list needs @maxItems");
    const items = this.#schema(element, EMPTY_DOC, { ...place, path: `${place.path}[]`, inListItem: true });
    const listMapKeys = all(doc, "listMapKey").map((tag) => tag.text);
    if (listType === "map") this.#checkKeys(node, items, listMapKeys);
    return {
      type: "array",
      ...this.#base(node, doc, place, "array"),
      items,
      listType,
      listMapKeys,
      ...(minItems === undefined ? {} : { minItems }),
      maxItems: maxItems ?? 0,
    };
  }

  #listType(node: Node, doc: JsDoc, place: Place): ListType {
    const text = one(doc, "listType")?.text;
    if (text !== "atomic" && text !== "set" && text !== "map") {
      this.#report(node, "a list needs @listType atomic, set or map");
      return "atomic";
    }
    if (place.atomicLists && text !== "atomic" && place.path !== "status.conditions") {
      this.#report(node, "lists in a status or a PackGrant must be @listType atomic");
    }
    return text;
  }

  #checkKeys(node: Node, items: Schema, keys: readonly string[]): void {
    if (keys.length === 0) this.#report(node, "a list of type map needs @listMapKey");
    const required = items.type === "object" ? items.properties.filter((property) => property.required) : [];
    for (const key of keys.filter((name) => !required.some((property) => property.name === name))) {
      this.#report(node, `the list map key \`${key}\` must be a required field of the items`);
    }
  }

  #map(node: Node, values: TypeNode, doc: JsDoc, place: Place): Schema {
    const { minProperties, maxProperties } = this.#numbers(node, doc, ["minProperties", "maxProperties"]);
    if (maxProperties === undefined) this.#report(node, "a record needs @maxProperties");
    return {
      type: "map",
      ...this.#base(node, doc, place, "map"),
      values: this.#schema(values, EMPTY_DOC, { ...place, path: `${place.path}.*` }),
      ...(minProperties === undefined ? {} : { minProperties }),
      maxProperties: maxProperties ?? 0,
    };
  }

  #intersection(node: TypeNode, doc: JsDoc, place: Place): Schema {
    const parts = Node.isIntersectionTypeNode(node) ? node.getTypeNodes() : [];
    const objects = parts
      .map((part) => this.#schema(part, EMPTY_DOC, place))
      .filter((part): part is ObjectSchema => part.type === "object");
    if (objects.length !== parts.length) this.#report(node, "only objects can be joined with `&`");
    const base = this.#base(node, doc, place, "object");
    return {
      type: "object",
      ...base,
      rules: [...objects.flatMap((object) => object.rules), ...base.rules],
      properties: objects.flatMap((object) => object.properties),
    };
  }

  #object(node: Node, members: readonly PropertySignature[], doc: JsDoc, place: Place): ObjectSchema {
    const base = this.#base(node, doc, place, "object");
    const read = members.map((member) => this.#property(member, place));
    const properties = read.map(({ property }) => property);
    const optional = read.flatMap(({ property, doc: own, member }) =>
      this.#presenceRules(member, property, own, properties),
    );
    return { type: "object", ...base, rules: [...base.rules, ...optional], properties };
  }

  #property(member: PropertySignature, place: Place): { property: Property; doc: JsDoc; member: PropertySignature } {
    const name = member.getName();
    const doc = docOf(member);
    const type = member.getTypeNode();
    const required = !member.hasQuestionToken();
    this.#needDescription(member, doc);
    if (!member.isReadonly()) this.#report(member, `\`${name}\` must be readonly`);
    if (type === undefined) {
      this.#report(member, `\`${name}\` has no type`);
      return { property: { name, required, schema: { type: "boolean", description: "", rules: [] } }, doc, member };
    }
    const schema = this.#schema(type, doc, { ...place, path: `${place.path}.${name}` });
    const fixed = required && one(doc, "immutable") !== undefined;
    const rules = fixed ? [...schema.rules, { expression: "self == oldSelf", message: IMMUTABLE }] : schema.rules;
    return { property: { name, required, schema: { ...schema, rules } }, doc, member };
  }

  /** Rules of the parent about whether an optional field is there. */
  #presenceRules(node: Node, property: Property, doc: JsDoc, siblings: readonly Property[]): readonly Rule[] {
    const { name, required } = property;
    const fieldPath = `.${name}`;
    const rules: Rule[] = [];
    if (!required && one(doc, "immutable") !== undefined) {
      rules.push({
        expression: `has(self.${name}) == has(oldSelf.${name}) && (!has(self.${name}) || self.${name} == oldSelf.${name})`,
        message: `\`${name}\` ${IMMUTABLE}`,
      });
    }
    for (const tag of doc.tags.filter(({ name: tagName }) => tagName === "onlyWhen" || tagName === "exactlyWhen")) {
      const [sibling = "", value = ""] = tag.text.split("=");
      this.#checkChoice(node, siblings, sibling, value, tag);
      if (required) this.#report(node, `@${tag.name} needs an optional field`, tag.line);
      const chosen = siblings.some((other) => other.name === sibling && other.required)
        ? `self.${sibling} == '${value}'`
        : `(has(self.${sibling}) && self.${sibling} == '${value}')`;
      const exactly = tag.name === "exactlyWhen";
      rules.push({
        expression: exactly ? `(${chosen}) == has(self.${name})` : `!has(self.${name}) || ${chosen}`,
        message: `\`${name}\` must be set ${exactly ? "if, and only if," : "only if"} \`${sibling}\` is '${value}'`,
        fieldPath,
      });
    }
    return rules;
  }

  #checkChoice(node: Node, siblings: readonly Property[], sibling: string, value: string, tag: Tag): void {
    const schema = siblings.find((other) => other.name === sibling)?.schema;
    const known = schema?.type === "string" && schema.enum?.includes(value) === true;
    if (!known) this.#report(node, `@${tag.name}: \`${sibling}\` has no value '${value}'`, tag.line);
  }

  #rules(node: Node, doc: JsDoc): readonly Rule[] {
    return all(doc, "rule").map((tag) => {
      if (tag.message === undefined) this.#report(node, "@rule needs a message that says what to write", tag.line);
      return ruleOf(tag);
    });
  }

  #numbers<const Names extends readonly string[]>(
    node: Node,
    doc: JsDoc,
    names: Names,
  ): { readonly [Name in Names[number]]?: number } {
    const entries = names.flatMap((name) => {
      const tag = one(doc, name);
      if (tag === undefined) return [];
      if (!/^-?\d+$/.test(tag.text)) this.#report(node, `@${name} needs a whole number`, tag.line);
      return [[name, Number(tag.text)] as const];
    });
    return Object.fromEntries(entries) as { readonly [Name in Names[number]]?: number };
  }

  #json(node: Node, tag: Tag): unknown {
    try {
      return JSON.parse(tag.text);
    } catch {
      this.#report(node, `@${tag.name} needs a JSON value, not \`${tag.text}\``, tag.line);
      return undefined;
    }
  }

  #allow(node: Node, doc: JsDoc, names: readonly string[]): void {
    for (const tag of doc.tags.filter(({ name }) => !names.includes(name))) {
      this.#report(node, `@${tag.name} means nothing here`, tag.line);
    }
  }

  #needDescription(node: Node, doc: JsDoc): void {
    if (doc.description === "") this.#report(node, "a description for people is missing");
  }

  #fileOf(node: Node): string {
    return relative(this.#root, node.getSourceFile().getFilePath());
  }

  #report(node: Node, message: string, line: number = node.getStartLineNumber()): void {
    this.#add(this.#fileOf(node), line, message);
  }

  #add(file: string, line: number, message: string): void {
    this.#problems.set(`${file}:${line}:${message}`, { file, line, message });
  }
}

/**
 * The kinds that the files declare, in the order of `resources`. `root` is what paths in messages are relative to.
 * Throws {@link SourceError} with every problem found.
 */
export const readKinds = (
  files: readonly string[],
  root: string,
  resources: readonly Resource[] = PACK_KINDS,
): readonly Kind[] => {
  const project = new Project({
    skipLoadingLibFiles: true,
    skipFileDependencyResolution: true,
    useInMemoryFileSystem: false,
  });
  project.addSourceFilesAtPaths([...files]);
  const reader = new Reader(project, root);
  const kinds = resources.map((resource) => reader.kind(resource)).filter((kind) => kind !== undefined);
  if (reader.problems.length > 0) throw new SourceError(reader.problems);
  return kinds;
};
