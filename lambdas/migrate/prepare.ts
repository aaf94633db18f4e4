export interface Deps {
  /** Brings the schema up to date; answers what was applied now. */
  migrate: () => Promise<string[]>;
  /** Lets the functions' user in; absent where the functions are the owner themselves. */
  admit?: (() => Promise<void>) | undefined;
  close: () => Promise<void>;
}

/** What CloudFormation says: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html */
export interface Request {
  RequestType: 'Create' | 'Update' | 'Delete';
}

/** What CDK's provider tells it in return. */
export interface Answer {
  PhysicalResourceId: string;
  Data: { Applied: string };
}

/**
 * The database before the code that needs it: the schema first, then who may use it. Whatever is thrown fails the deployment
 * and is its message. A deletion opens nothing and leaves everything as it is, and so does a rollback: migrations only add.
 */
export const prepare =
  (open: () => Promise<Deps>) =>
  async ({ RequestType: type }: Request): Promise<Answer> => {
    const applied = type === 'Delete' ? [] : await bringUpToDate(await open());
    return { PhysicalResourceId: 'nedlia-schema', Data: { Applied: applied.join(', ') || 'none' } };
  };

async function bringUpToDate({ migrate, admit, close }: Deps): Promise<string[]> {
  try {
    const applied = await migrate();
    await admit?.();
    return applied;
  } finally {
    await close();
  }
}
