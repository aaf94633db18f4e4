import { reasonOf } from '../export/outcome.ts';
import type { Diagnosis, Failed } from './diagnosis.ts';

/** Nothing was sent, because nothing could be signed. */
export function credentials({ failure }: Failed): Diagnosis | undefined {
  if (!/credentials/i.test(`${failure.name} ${failure.message}`) || statusOf(failure) !== undefined) return undefined;
  return {
    cause: `there are no AWS credentials to sign with (${reasonOf(failure)})`,
    remedy: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE ("aws sso login" renews a session)',
  };
}

/** A datagram nobody took. */
export function daemon({ exporter, target, failure }: Failed): Diagnosis | undefined {
  if (exporter !== 'xray') return undefined;
  return {
    cause: `the X-Ray daemon is not heard at ${target} (${reasonOf(failure)})`,
    remedy: 'start the daemon (in Lambda: switch active tracing on), or correct AWS_XRAY_DAEMON_ADDRESS',
  };
}

/** gRPC's own codes: https://grpc.io/docs/guides/status-codes/ */
const GRPC = { permissionDenied: 7, unimplemented: 12, unauthenticated: 16 };

/** The backend answered, and not what one hopes for. */
export function refusal({ exporter, target, isGrpc, failure, reach }: Failed): Diagnosis | undefined {
  const status = statusOf(failure);
  const code = 'code' in failure ? failure.code : undefined;
  const said = reasonOf(failure);
  if (status === 401 || status === 403 || (isGrpc && (code === GRPC.unauthenticated || code === GRPC.permissionDenied)))
    return { cause: `it refuses our credentials: ${said}`, remedy: credentialsOf(exporter, target) };
  if (isGrpc && code === GRPC.unimplemented && reach?.speaks === 'http/2')
    return {
      cause: `it speaks gRPC, but takes no traces: ${said}`,
      remedy: "is this another service's port? A Collector needs an otlp receiver and a traces pipeline",
    };
  if (status === 404 || status === 405)
    return {
      cause: `it has nothing at ${pathOf(target)}: ${said}`,
      remedy:
        exporter === 'zipkin'
          ? 'OTEL_EXPORTER_ZIPKIN_ENDPOINT is the whole address, mostly …/api/v2/spans'
          : 'OTEL_EXPORTER_OTLP_ENDPOINT is the address without /v1/traces; the one for traces is used as it stands',
    };
  if (status === 400 || status === 415)
    return {
      cause: `it does not understand what it got: ${said}`,
      remedy:
        'OTEL_EXPORTER_OTLP_PROTOCOL says the form (http/protobuf, http/json), OTEL_EXPORTER_OTLP_COMPRESSION whether gzip is used',
    };
  if (status !== undefined || /retryable status/i.test(said))
    return {
      cause: `it cannot take it now: ${said}`,
      remedy: 'look at the backend: it is overloaded, or what it writes to is down',
    };
  return undefined;
}

function credentialsOf(exporter: string, target: string | undefined): string {
  if (exporter === 'coralogix')
    return 'set CX_TOKEN to a Send-Your-Data key of this region, and CX_DOMAIN to its region';
  if (/^https:\/\/xray[.-]/.test(target ?? ''))
    return 'give the role xray:PutTraceSegments (AWSXrayWriteOnlyAccess), and switch Transaction Search on';
  if (exporter === 'zipkin') return 'Zipkin itself asks for none: look at the proxy in front of it';
  return 'set OTEL_EXPORTER_OTLP_HEADERS (authorization=Bearer%20…), or renew what stands there';
}

/** The HTTP status an exporter's error is about; gRPC's codes are below 100. */
function statusOf(failure: Error): number | undefined {
  if ('code' in failure && typeof failure.code === 'number' && failure.code >= 100) return failure.code;
  const [, status] = /^answered (\d{3})\b/.exec(failure.message) ?? [];
  return status ? Number(status) : undefined;
}

const pathOf = (target = ''): string => URL.parse(target)?.pathname ?? target;
