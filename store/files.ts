import type { Reader, Transaction } from './database.ts';

/** A generated file, and the event or command that caused it. */
export interface File {
  causedBy: string;
  placementId: string;
  bucket: string;
  key: string;
  /** Of its content, in hexadecimal. */
  sha256: string;
  createdAt: Date;
}

export async function insertFile(tx: Transaction, file: Omit<File, 'createdAt'>): Promise<void> {
  const { causedBy, placementId, bucket, key, sha256 } = file;
  await tx
    .insertInto('files')
    .values({ caused_by: causedBy, placement_id: placementId, bucket, key, sha256 })
    .execute();
}

/** A placement's newest file. */
export function latestFile(db: Reader, placementId: string): Promise<File | undefined> {
  return db
    .selectFrom('files')
    .select([
      'caused_by as causedBy',
      'placement_id as placementId',
      'bucket',
      'key',
      'sha256',
      'created_at as createdAt',
    ])
    .where('placement_id', '=', placementId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
