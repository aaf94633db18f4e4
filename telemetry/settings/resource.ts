import type { Resource } from '@opentelemetry/resources';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { name } from '../attributes.ts';
import { coralogixNames } from '../export/otlp/coralogix.ts';
import type { Attributes } from '../span.ts';
import type { Environment } from './variables.ts';
import { warn } from './variables.ts';

/** What the program says of itself, and the names of the exporters it uses. */
interface About {
  service: string;
  targets: string[];
  attributes?: Attributes | undefined;
}

/**
 * Who speaks. `OTEL_SERVICE_NAME` wins over `OTEL_RESOURCE_ATTRIBUTES`, which win over what the program says of itself,
 * which wins over what Lambda says of the function.
 * @see https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export function readResource(env: Environment, { service, targets, attributes: own }: About): Resource {
  const said = environmentAttributes(env);
  const attributes: Attributes = { ...functionAttributes(env), [name.serviceName]: service, ...own, ...said };
  const serviceName = env['OTEL_SERVICE_NAME']?.trim();
  if (serviceName) attributes[name.serviceName] = serviceName;
  const names = coralogixNames(env, attributes, targets.includes('coralogix'));
  return defaultResource().merge(resourceFromAttributes({ ...names, ...attributes }));
}

/** @see https://opentelemetry.io/docs/specs/semconv/faas/ · https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function functionAttributes(env: Environment): Attributes {
  const functionName = env['AWS_LAMBDA_FUNCTION_NAME'];
  if (!functionName) return {};
  const megabytes = Number(env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']);
  return {
    [name.cloudProvider]: 'aws',
    [name.cloudPlatform]: 'aws_lambda',
    [name.cloudRegion]: env['AWS_REGION'],
    [name.faasName]: functionName,
    [name.faasVersion]: env['AWS_LAMBDA_FUNCTION_VERSION'],
    [name.faasInstance]: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    [name.faasMaxMemory]: megabytes > 0 ? megabytes * 1024 * 1024 : undefined,
  };
}

/** Key=value pairs, values percent-encoded. One wrong pair discards the whole variable, as the specification asks. */
function environmentAttributes(env: Environment): Attributes {
  const pairs = (env['OTEL_RESOURCE_ATTRIBUTES'] ?? '').split(',').filter((pair) => pair.trim() !== '');
  try {
    return Object.fromEntries(pairs.map(parsePair));
  } catch {
    warn('OTEL_RESOURCE_ATTRIBUTES', 'must be key=value pairs with percent-encoded values', 'it is ignored', {
      counts: false,
    });
    return {};
  }
}

function parsePair(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  const key = pair.slice(0, Math.max(0, equals)).trim();
  if (!key) throw new TypeError('a pair without a key');
  return [key, decodeURIComponent(pair.slice(equals + 1).trim())];
}
