import type { Reader, Transaction } from './database.ts';

/** A verdict on a placement, and the event that caused it. */
export interface Validation {
  causedBy: string;
  placementId: string;
  verdict: 'valid' | 'rejected';
  /** Empty when valid. */
  reasons: string[];
  createdAt: Date;
}

export async function insertValidation(tx: Transaction, validation: Omit<Validation, 'createdAt'>): Promise<void> {
  const { causedBy, placementId, verdict, reasons } = validation;
  await tx
    .insertInto('validations')
    .values({ caused_by: causedBy, placement_id: placementId, verdict, reasons })
    .execute();
}

/** The newest verdict on a placement. */
export function latestValidation(db: Reader, placementId: string): Promise<Validation | undefined> {
  return db
    .selectFrom('validations')
    .select(['caused_by as causedBy', 'placement_id as placementId', 'verdict', 'reasons', 'created_at as createdAt'])
    .where('placement_id', '=', placementId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
