import { AliasNode, type OperationNode, type RootOperationNode, TableNode } from 'kysely';

/** A statement as its span tells it. */
export interface Statement {
  namespace: string;
  operation: string;
  /** The table; raw SQL, changes of the schema and subqueries have none. */
  collection?: string;
  /** With placeholders: the values are elsewhere. */
  text: string;
  /** It may take as long as it takes: an index over a large table has no limit of ours. */
  changesSchema: boolean;
}

/** Locks and "are you there" say nothing in a trace that the statements around them do not. */
const UNTRACED = /^select (pg_(try_)?advisory_|1$)/;

/** Reads a statement's operation and table from its syntax tree; `undefined` for one that makes no span. */
export function describeStatement(node: RootOperationNode, text: string): Statement | undefined {
  if (UNTRACED.test(text)) return undefined;
  const [operation, table] = dataOperation(node);
  const collection = table && tableName(table);
  return {
    namespace: 'nedlia',
    operation: operation ?? firstWord(text),
    ...(collection && { collection }),
    text,
    changesSchema: operation === undefined,
  };
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
