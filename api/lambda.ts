import { readEnv } from '../core/env.ts';
import { service } from '../events/catalogue.ts';
import { functionExporters } from '../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../telemetry/start.ts';
import { adapt, type Handler } from './adapt.ts';
import { buildApp } from './app.ts';
import { connect } from './connect.ts';
import { env } from './env.ts';

// Once, when the process starts: a wrong environment stops it here.
const settings = readEnv(env, process.env);
const telemetry = startTelemetry({ service: service.api, mode: 'function', exporters: functionExporters });
const ready = adapt(buildApp(connect(settings), { edge: settings.TRACE_EDGE }), telemetry);

/** Called by AWS for every request (REST API, proxy integration). */
export const handler: Handler = async (event, context) => (await ready)(event, context);
