/** Finds texts of the panel's source that stand outside the catalogue. Only a test asks. */

import { parse } from 'svelte/compiler';
import ts from 'typescript';

interface Node {
  type: string;
  start: number;
  end: number;
  name?: string;
  data?: string;
  [more: string]: unknown;
}

/** Attributes that people read or hear, besides all that components are given. */
const READ = ['alt', 'aria-label', 'data-label', 'label', 'placeholder', 'title'];
const COMPONENTS = ['Component', 'SvelteComponent'];
const NO_WORDS = /^[^\p{L}]*(\p{L}[^\p{L}]*)?$/u;
/** Two words, or one that begins as a sentence does; not an address, a path or a comment. */
const WORDS =
  /^(?![./@#]|[A-Z]+ \/)(.*\p{L}\s+\p{L}.*|\p{Lu}\p{Ll}.*|.*…|.*\p{L}{2} \{\}.*|.*\{\} \p{L}{2}.*)$/su;

/** Texts of a component or a module, each as it stands there; `{}` is what is put in. */
export function hardTexts(file: string, source: string): string[] {
  if (!file.endsWith('.svelte')) return inScript(source);
  const root = parse(source, { modern: true });
  const scripts = [root.instance, root.module].flatMap((script) => {
    const { start, end } = (script?.content ?? { start: 0, end: 0 }) as unknown as Node;
    return inScript(source.slice(start, end));
  });
  return [...inMarkup(root.fragment as unknown as Node, source), ...scripts];
}

function inMarkup(node: Node, source: string): string[] {
  if (node.type === 'StyleDirective') return [];
  if (node.type === 'Text') return plain(node.data ?? '');
  if (node.type === 'Attribute') return inAttribute(node, source, false);
  if ('expression' in node && isNode(node.expression)) {
    const { start, end } = node.expression;
    const inside = inScript(`(${source.slice(start, end)})`);
    return [...inside, ...inChildren(node, source)];
  }
  return inChildren(node, source);
}

function inChildren(node: Node, source: string): string[] {
  const isComponent = COMPONENTS.includes(node.type);
  return Object.entries(node).flatMap(([name, value]) => {
    if (['expression', 'metadata', 'parent', 'name_loc'].includes(name)) return [];
    return (Array.isArray(value) ? value : [value]).flatMap((child) => {
      if (!isNode(child)) return [];
      if (child.type === 'Attribute') return inAttribute(child, source, isComponent);
      return inMarkup(child, source);
    });
  });
}

function inAttribute(node: Node, source: string, ofComponent: boolean): string[] {
  const parts = [node.value].flat().filter(isNode);
  return parts.flatMap((part) => {
    if (part.type !== 'Text') return inMarkup(part, source);
    if (READ.includes(node.name ?? '')) return plain(part.data ?? '');
    return ofComponent && WORDS.test(part.data ?? '') ? [part.data ?? ''] : [];
  });
}

function plain(text: string): string[] {
  const found = text.trim().replace(/\s+/g, ' ');
  return NO_WORDS.test(found) ? [] : [found];
}

function inScript(code: string): string[] {
  const file = ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node))
      return;
    if (ts.isStringLiteralLike(node) && !isName(node) && WORDS.test(node.text))
      found.push(node.text);
    if (ts.isTemplateExpression(node)) {
      const text = [node.head, ...node.templateSpans.map((span) => span.literal)]
        .map((one) => one.text)
        .join('{}');
      if (WORDS.test(text)) found.push(text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** What is compared with, or names a member: nobody reads it. */
function isName(node: ts.StringLiteralLike): boolean {
  const { parent } = node;
  if (ts.isPropertyAssignment(parent)) return parent.name === node;
  if (ts.isBinaryExpression(parent)) return /^[!=]==$/.test(parent.operatorToken.getText());
  return ts.isCaseClause(parent) || ts.isElementAccessExpression(parent);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
