/** What whoever deploys a stage may choose, by CDK's context (`-c name=value`); everything else is the stage's line. */
export interface Choices {
  /** Where webhooks go. */
  webhookUrl?: string | undefined;
  /** Lets anybody call the API of a stage whose callers sign otherwise. */
  apiOpen?: boolean | undefined;
  /** An OTLP/HTTP collector that takes the traces instead of X-Ray. */
  collector?: string | undefined;
  /** Who hears of alarms. */
  alarmEmail?: string | undefined;
}

/** Reads one: an empty text is as good as none. @throws Error naming what was wrong, in one line. */
export function readChoices(context: (name: string) => unknown): Choices {
  const said = (name: string): string | undefined => {
    const value = context(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const open = context('apiOpen') ?? false;
  if (!['true', 'false', true, false].some((known) => known === open)) throw new Error('apiOpen must be true or false');
  return {
    webhookUrl: anHttpUrl('webhookUrl', said('webhookUrl')),
    collector: anHttpUrl('collector', said('collector')),
    alarmEmail: said('alarmEmail'),
    apiOpen: open === true || open === 'true',
  };
}

function anHttpUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) return value;
  throw new Error(`${name} must be a URL (http, https)`);
}
