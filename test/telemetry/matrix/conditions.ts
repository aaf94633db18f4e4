/** What every carrier of a trace is put through. */
export type Condition =
  | 'ten messages of ten traces'
  | 'garbage for a context'
  | 'half a character in its baggage'
  | 'a foreign Sampled=0'
  | 'ten attributes used'
  | 'a context active around it'
  | 'a context in it already';

/** In and out. */
export type CarrierName =
  | "message attributes, in Lambda's casing"
  | "message attributes, in the SDK's casing"
  | '_trace in an event'
  | '_trace of a raw body'
  | 'traceparent of CloudEvents in an event'
  | 'metadata.traceparent in an event'
  | 'the envelope of SNS'
  | 'AWSTraceHeader'
  | 'an event sent by PutEvents'
  | 'a command sent to a queue'
  | 'the headers of a request'
  | 'a webhook';

const ruleTarget = 'EventBridge puts an event on a queue without message attributes, and a rule cannot set any';
const noBaggage = 'no baggage comes in or goes out by HTTP';
const http = 'HTTP has headers, of which there is no such limit';

/** The cells that make no sense, and why. Everything else is tested. */
export const leftOut: Partial<Record<CarrierName, Partial<Record<Condition, string>>>> = {
  "message attributes, in Lambda's casing": {
    'a context in it already': 'nothing is read before them, and a second attribute of one name cannot be',
  },
  "message attributes, in the SDK's casing": {
    'a context in it already': 'nothing is read before them, and a second attribute of one name cannot be',
  },
  '_trace in an event': {
    'ten attributes used': ruleTarget,
    'a context in it already': `only attributes are read before it: ${ruleTarget}`,
  },
  'traceparent of CloudEvents in an event': { 'ten attributes used': ruleTarget },
  'metadata.traceparent in an event': { 'ten attributes used': ruleTarget },
  'an event sent by PutEvents': { 'ten attributes used': ruleTarget },
  'the headers of a request': { 'ten attributes used': http, 'half a character in its baggage': noBaggage },
  'a webhook': {
    'ten attributes used': http,
    'half a character in its baggage': noBaggage,
    'a context in it already':
      'its sender takes no headers from anybody; for those that a caller gives to other calls see edges/http-client.test.ts',
  },
};
