import { posix } from 'node:path';

/** One line of the table in docs/overview.md. */
export interface Room {
  name: string;
  /** Rooms it may import; `everything` stands for all of them. `types` are paths it may import types of, as globs (`**` + `/env.ts`). */
  may: { everything: boolean; rooms: string[]; types: string[] };
  /** The only rooms that may import it; `undefined` when the table leaves that to theirs. */
  knownTo: string[] | undefined;
}

export interface Import {
  specifier: string;
  typesOnly: boolean;
}

/** Packages that belong to rooms: what the table's "never" column says about the outside. Types are free unless said otherwise. */
const PACKAGES: { pattern: RegExp; only: string[]; typesToo?: true }[] = [
  { pattern: /^@opentelemetry\//, only: ['telemetry', 'bench', 'test'], typesToo: true },
  { pattern: /^@aws-sdk\/rds-signer$/, only: ['store', 'test'] },
  { pattern: /^@aws-sdk\/credential-provider-node$/, only: ['telemetry', 'test'] },
  { pattern: /^@aws-sdk\//, only: ['aws', 'local', 'commands', 'test'] },
  { pattern: /^@?fastify\b/, only: ['api', 'bench', 'test'] },
  { pattern: /^(?:kysely|pg)\b/, only: ['store', 'local', 'bench', 'test'] },
  { pattern: /^(?:aws-cdk-lib|constructs|cdk-nag)\b/, only: ['lib', 'bin', 'test'], typesToo: true },
];

/** Rooms without the outside: no file, socket, clock or process of Node's. */
const PURE = new Set(['core', 'events']);

const FORBIDDEN_FOLDERS = new Set(['utils', 'helpers', 'common', 'shared', 'types', 'services']);

/** Reads the table whose header is `| room | is for | may import | never |`. */
export function parseTable(markdown: string): Room[] {
  const lines = markdown.split('\n').map((line) => line.trim());
  const header = lines.findIndex((line) => /^\|\s*room\s*\|\s*is for\s*\|\s*may import\s*\|\s*never\s*\|$/.test(line));
  if (header === -1) throw new Error('no room table');
  const end = lines.findIndex((line, at) => at > header && !line.startsWith('|'));
  return lines.slice(header + 2, end === -1 ? undefined : end).map((line) => {
    const [name = '', , may = '', never = ''] = line.split('|').slice(1);
    const terms = may.replaceAll('`', '').match(/[^,(]+(?:\([^)]*\))?/g) ?? [];
    const known = terms.map((term) => ({
      word: term.replace(/\(.*/, '').trim(),
      types: term.includes('(types)'),
    }));
    return {
      name: name.replaceAll('`', '').trim(),
      may: {
        everything: known.some(({ word }) => word === 'everything'),
        rooms: known.filter(({ types }) => !types).map(({ word }) => word),
        types: known.filter(({ types }) => types).map(({ word }) => word),
      },
      knownTo: /is imported by nobody/.test(never) ? (never.match(/(?<=`)[\w-]+(?=`)/g) ?? []) : undefined,
    };
  });
}

/** Every module a source names: static, type-only, re-exported, dynamic, required. A computed one is `?`. */
export function importsOf(source: string): Import[] {
  const found: Import[] = [];
  for (const [, clause = '', , specifier = ''] of source.matchAll(
    /(?:^|;)[ \t]*(?:import|export)\b([^'"`;()]*?)\bfrom\s*(['"])([^'"]+)\2/gm,
  )) {
    found.push({
      specifier,
      typesOnly: /^\s*type\b/.test(clause) || /^\s*\{(?:\s*type\s[^,}]+,?)+\s*\}\s*$/.test(clause),
    });
  }
  for (const [, , specifier = ''] of source.matchAll(/(?:^|;)[ \t]*import\s*(['"])([^'"]+)\1/gm)) {
    found.push({ specifier, typesOnly: false });
  }
  // createRequire's result may have any name; the one in use is `require`.
  for (const [, literal] of source.matchAll(/\b(?:import|require(?:\.resolve)?)\s*\(\s*(?:['"]([^'"]+)['"])?/g)) {
    found.push({ specifier: literal ?? '?', typesOnly: false });
  }
  return found;
}

/** The room a path from the project's root lies in: its top folder, for a function `lambdas/<function>`. */
export function roomOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'lambdas' ? `lambdas/${second}` : top;
}

/** What is wrong with one file, in words; an empty list is a file that keeps to its room. */
export function violations(rooms: Room[], path: string, source: string): string[] {
  const own = roomOf(path);
  const room = rooms.find(({ name }) => name === own || (name === 'lambdas/x' && own.startsWith('lambdas/')));
  if (!room) return [`${path}: ${own} is not in the table`];

  const problems = importsOf(source).flatMap((wanted) => problemOf(rooms, room, path, wanted) ?? []);
  if (path.split('/').some((folder) => FORBIDDEN_FOLDERS.has(folder)))
    problems.push('a folder named by kind, not by subject');
  if (isBarrel(source)) problems.push('a barrel: it only re-exports');
  return problems.map((problem) => `${path}: ${problem}`);
}

function problemOf(rooms: Room[], room: Room, path: string, { specifier, typesOnly }: Import): string | undefined {
  const own = roomOf(path);
  if (specifier === '?') return room.may.everything ? undefined : 'imports what cannot be read off the source';
  if (!specifier.startsWith('.')) return packageProblem(own, specifier, typesOnly);

  const target = posix.join(posix.dirname(path), specifier);
  if (!/\.[cm]?ts$/.test(target)) return undefined; // package.json and the like
  const other = roomOf(target);
  if (other === own) return undefined;
  const knownTo = rooms.find(({ name }) => name === other)?.knownTo;
  if (knownTo && !knownTo.includes(own)) return `${other} is imported by nobody`;
  if (room.may.everything || room.may.rooms.includes(other)) return undefined;
  if (typesOnly && room.may.types.some((glob) => posix.matchesGlob(target, glob))) return undefined;
  return `may not import ${typesOnly ? 'types of ' : ''}${target}`;
}

function packageProblem(own: string, specifier: string, typesOnly: boolean): string | undefined {
  if (specifier.startsWith('node:') && PURE.has(own)) return `${own} has no ${specifier}`;
  const rule = PACKAGES.find(({ pattern }) => pattern.test(specifier));
  if (!rule || rule.only.includes(own) || (typesOnly && !rule.typesToo)) return undefined;
  return `${specifier} belongs to ${rule.only.join(', ')}`;
}

/** True for a file in which every statement is an `export … from`. */
function isBarrel(source: string): boolean {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').trim();
  return code !== '' && code.replaceAll(/export\b[^;'"]*\bfrom\s*(['"])[^'"]+\1;?/g, '').trim() === '';
}
