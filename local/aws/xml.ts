/** Elements in order, objects nested, text escaped. */
export function xml(elements: Record<string, unknown>): string {
  return Object.entries(elements)
    .map(([name, value]) => `<${name}>${isNested(value) ? xml(value) : escape(String(value))}</${name}>`)
    .join('');
}

const isNested = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const escape = (text: string): string => text.replaceAll(/[&<>"'\r\n]/g, (sign) => `&#${sign.codePointAt(0)};`);
