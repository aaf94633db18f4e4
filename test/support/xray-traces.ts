import assert from 'node:assert/strict';
import { BatchGetTracesCommand, type XRayClient } from '@aws-sdk/client-xray';
import { type Spans, waitByLooking } from '../../local/collector/read.ts';
import { readSegments } from './xray-segments.ts';

/** Between two looks: a trace can be read some seconds after it was sent. */
const PAUSE_MS = 2000;

/** Looks spans up in X-Ray, one trace at a time: it finds none by anything but the id of its trace. */
export function readXRay(client: XRayClient): Spans {
  const spans: Spans['spans'] = async (traceId) => {
    assert.ok(traceId, 'X-Ray is asked for one trace by its id');
    const documents: string[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await client.send(
        new BatchGetTracesCommand({ TraceIds: [xrayTraceId(traceId)], ...(NextToken && { NextToken }) }),
      );
      const segments = (page.Traces ?? []).flatMap(({ Segments = [] }) => Segments);
      documents.push(...segments.map(({ Document = '{}' }) => Document));
      ({ NextToken } = page);
      if (!NextToken) return readSegments(documents);
    }
  };
  return { spans, until: waitByLooking(spans, PAUSE_MS) };
}

/** X-Ray's own form of a trace id of 32 digits. */
const xrayTraceId = (traceId: string): string => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
