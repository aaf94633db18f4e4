import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { redact } from '../safe/redact.ts';
import type { Environment } from '../settings/variables.ts';
import { said, warn } from '../settings/variables.ts';

/** Which spans, and how many of their traces are kept. Whatever is not said of a span matches; `*` in a pattern is any text. */
export interface SamplingRule {
  /** The route template, or the path where the route is not known yet. */
  route?: string;
  /** The span's name. */
  name?: string;
  /** Attributes known when the span starts, by pattern; `true` for one that is there and is not false. */
  attributes?: Record<string, string | true>;
  /** 0 for never, 1 for always, between them by trace id: the same ratio decides the same everywhere. */
  ratio: number;
}

/** What is known of a span when it starts. */
export interface Beginning {
  name: string;
  attributes: Attributes;
}

const VARIABLE = 'TRACE_SAMPLING_RULES';

/**
 * Reads `TRACE_SAMPLING_RULES`: `condition:ratio`, several separated by `;`, the first that matches counts. A condition is `route=`,
 * `name=` or an attribute, with a pattern or alone, and several are joined by `&`:
 * `error:1; expected_slow=true:1; route=/v1/videos*&http.request.method=GET:0.1; name=process *:0.5`.
 * A rule that cannot be read is one warning and left out.
 */
export function readRules(env: Environment, own: SamplingRule[] = []): SamplingRule[] {
  const text = said(env, VARIABLE);
  if (text === undefined) return own.filter(isPossible);
  const parts = text.split(';').map((part) => part.trim());
  return parts.filter((part) => part !== '').flatMap((part) => parseRule(part) ?? []);
}

function parseRule(text: string): SamplingRule | undefined {
  const colon = text.lastIndexOf(':');
  const ratio = text.slice(colon + 1).trim();
  const rule: SamplingRule = { ratio: ratio === '' ? Number.NaN : Number(ratio) };
  for (const condition of text.slice(0, Math.max(0, colon)).split('&')) {
    const [key = '', ...pattern] = condition.split('=');
    const name = key.trim();
    const wanted = pattern.length > 0 ? pattern.join('=').trim() : true;
    if (name === '' || wanted === '') rule.ratio = Number.NaN;
    else if (name === 'route' && wanted !== true) rule.route = wanted;
    else if (name === 'name' && wanted !== true) rule.name = wanted;
    else rule.attributes = { ...rule.attributes, [name]: wanted };
  }
  return isPossible(rule, text) ? rule : undefined;
}

function isPossible(rule: SamplingRule, said: unknown): boolean {
  if (rule.ratio >= 0 && rule.ratio <= 1) return true;
  const text = typeof said === 'string' ? said : JSON.stringify(rule);
  warn(
    VARIABLE,
    `"${redact(text, 60)}" is not a rule`,
    'it is left out (condition:ratio, as in route=/v1/*:0.1; error:1)',
  );
  return false;
}

/** True when all that a rule says holds of a span. */
export function matches(rule: SamplingRule, { name, attributes }: Beginning): boolean {
  const route = attributes['http.route'] ?? attributes['url.path'];
  if (rule.route !== undefined && !isLike(route, rule.route)) return false;
  if (rule.name !== undefined && !isLike(name, rule.name)) return false;
  return Object.entries(rule.attributes ?? {}).every(([key, wanted]) => {
    const value = attributes[key];
    return wanted === true ? value !== undefined && value !== false : isLike(value, wanted);
  });
}

function isLike(value: AttributeValue | undefined, pattern: string): boolean {
  if (value === undefined) return false;
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return isGlobOf(partsOf(pattern), text);
}

/**
 * True when a text begins with the first part, ends with the last, and has the others between them in their order. Each is
 * searched for once, because whose text it is may choose it: as a regular expression `*a*a*a*a*b` took 93 s for a path of 256.
 */
function isGlobOf(parts: readonly string[], text: string): boolean {
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return text === first;
  const end = text.length - last.length;
  let at = first.length;
  if (end < at || !text.startsWith(first) || !text.endsWith(last)) return false;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const globs = new Map<string, readonly string[]>();

/** What stands between the stars of a pattern, taken apart once; there are as many patterns as rules. */
function partsOf(pattern: string): readonly string[] {
  const known = globs.get(pattern);
  if (known) return known;
  const parts = pattern.split('*');
  globs.set(pattern, parts);
  return parts;
}
