import { AliasNode, type OperationNode, type RootOperationNode, TableNode } from 'kysely';
import { ANSWER_TIMEOUT_MS } from './session.ts';

/** A statement as its span tells it, and how long its answer may take. */
export interface Statement {
  namespace: string;
  operation: string;
  /** The table; raw SQL, changes of the schema and subqueries have none. */
  collection?: string;
  /** With placeholders: the values are elsewhere. */
  text: string;
  /** Changes of the schema take as long as they take. */
  withinMs?: number;
}

/** Locks and "are you there" say nothing in a trace that the statements around them do not. */
const UNTRACED = /^select (pg_(try_)?advisory_|1$)/;

/** Reads a statement's operation and table from its syntax tree; `undefined` for one that makes no span. */
export function describeStatement(node: RootOperationNode, text: string): Statement | undefined {
  if (UNTRACED.test(text)) return undefined;
  const [operation, table] = dataOperation(node);
  if (!operation) return { namespace: 'nedlia', operation: firstWord(text), text };
  const collection = table && tableName(table);
  return { namespace: 'nedlia', operation, ...(collection && { collection }), text, withinMs: ANSWER_TIMEOUT_MS };
}

function dataOperation(node: RootOperationNode): [operation?: string, table?: OperationNode | undefined] {
  switch (node.kind) {
    case 'SelectQueryNode':
      return ['SELECT', node.from?.froms[0]];
    case 'InsertQueryNode':
      return ['INSERT', node.into];
    case 'UpdateQueryNode':
      return ['UPDATE', node.table];
    case 'DeleteQueryNode':
      return ['DELETE', node.from.froms[0]];
    default:
      return [];
  }
}

function tableName(node: OperationNode): string | undefined {
  if (AliasNode.is(node)) return tableName(node.node);
  return TableNode.is(node) ? node.table.identifier.name : undefined;
}

const firstWord = (text: string): string => (/[a-z]+/i.exec(text)?.[0] ?? 'SQL').toUpperCase();
