/** What an exporter tells the SDK: `ExportResult` of @opentelemetry/core, which is no dependency of ours. */
export interface Outcome {
  /** 0 for success, 1 for failure. */
  code: 0 | 1;
  error?: Error;
}

/** What became of an export, as the SDK wants to hear it; never rejects. */
export async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return { code: 0 };
  } catch (thrown) {
    return { code: 1, error: thrown instanceof Error ? thrown : new Error('the exporter failed') };
  }
}
