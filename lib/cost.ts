import { workers } from '../events/catalogue.ts';
import type { AwsStage } from './deployable.ts';
import { stages } from './stages.ts';

/** What a bill is made of: so many of a unit, and what one costs. */
export interface Item {
  what: string;
  /** How the quantity comes about, as somebody would check it by hand. */
  why: string;
  quantity: number;
  unit: keyof typeof prices;
}

/** An hour of every day of an average month. */
export const HOURS = 730;

/**
 * List prices in US dollars as assumed for us-east-1 in November 2026, free tiers left out: look them up before relying on
 * them (aws.amazon.com/<service>/pricing). Other regions are up to a quarter dearer.
 */
export const prices = {
  'ACU-hour of Aurora Serverless v2': 0.12,
  'GB-month of Aurora storage': 0.1,
  'million Aurora I/O requests': 0.2,
  'secret and month': 0.4,
  'hour of a NAT gateway': 0.045,
  'hour of a public IPv4 address': 0.005,
  'hour of a network load balancer': 0.0225,
  'vCPU-hour of Fargate on arm64': 0.03238,
  'GB-hour of Fargate on arm64': 0.00356,
  'alarm and month': 0.1,
  'dashboard and month': 3,
  'million REST API requests': 3.5,
  'million Lambda invocations': 0.2,
  'million GB-seconds of Lambda on arm64': 13.3334,
  'million events': 1,
  'million SQS requests': 0.4,
  'thousand S3 PUT requests': 0.005,
  'million X-Ray traces recorded': 5,
  'GB of logs': 0.5,
  'GB to the internet': 0.09,
} as const;

/** Queues a function works off; Lambda asks each of them for messages day and night. */
const WORKERS = workers.length;

/**
 * How often Lambda asks a queue that is empty, in a month. AWS says that Lambda uses long polling and begins with five batches at a
 * time (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html), and that each ask is paid for as a request; how many pollers
 * an idle queue has, and how long they wait, it does not promise. This assumes five that wait for 20 s, the longest there is:
 * `NumberOfEmptyReceives` of the queue tells.
 */
const ASKS = 5 * (60 / 20) * 60 * HOURS;

const everywhere: Item[] = [
  { what: 'Database', why: 'paused to zero', quantity: 0, unit: 'ACU-hour of Aurora Serverless v2' },
  { what: 'Storage', why: '1 GB', quantity: 1, unit: 'GB-month of Aurora storage' },
  { what: 'Secrets', why: 'master user, webhook', quantity: 2, unit: 'secret and month' },
  {
    what: 'Polling',
    why: `about ${WORKERS} queues × 5 pollers × 3 a minute × 60 × ${HOURS} hours`,
    quantity: (WORKERS * ASKS) / 1e6,
    unit: 'million SQS requests',
  },
  { what: 'Dashboard', why: 'one', quantity: 1, unit: 'dashboard and month' },
];

/** What AWS gives every account each month, as far as an idle stage uses it (of dashboards, those with at most 50 metrics). */
const free: Partial<Record<Item['unit'], number>> = {
  'million SQS requests': 1,
  'dashboard and month': 3,
  'alarm and month': 10,
};

/** What a stage costs in a month in which nobody calls it. Bus, API, VPC and functions cost nothing then. */
export const idle: Record<AwsStage, Item[]> = {
  dev: everywhere,
  prod: [...everywhere, { what: 'Alarms', why: 'lib/alarm-list.ts', quantity: 27, unit: 'alarm and month' }],
};

/**
 * What a Collector of our own adds to that (`-c collector=fargate`): it and its way out run day and night. Traffic is left out:
 * $0.045 a GB through NAT, and a million placements have some 50 GB of spans before compression.
 */
export const collectorIdle: Record<AwsStage, Item[]> = {
  dev: collectorItems({ tasks: stages.dev.collector.tasks, alarms: 0 }),
  prod: collectorItems({ tasks: stages.prod.collector.tasks, alarms: 2 }),
};

function collectorItems({ tasks, alarms }: { tasks: number; alarms: number }): Item[] {
  const each = tasks === 1 ? '' : `${tasks} tasks × `;
  const items: Item[] = [
    { what: 'NAT gateway', why: 'one', quantity: HOURS, unit: 'hour of a NAT gateway' },
    { what: 'Its address', why: 'one', quantity: HOURS, unit: 'hour of a public IPv4 address' },
    { what: 'Load balancer', why: 'one, internal', quantity: HOURS, unit: 'hour of a network load balancer' },
    { what: 'CPU', why: `${each}0.25 vCPU`, quantity: tasks * 0.25 * HOURS, unit: 'vCPU-hour of Fargate on arm64' },
    { what: 'Memory', why: `${each}0.5 GB`, quantity: tasks * 0.5 * HOURS, unit: 'GB-hour of Fargate on arm64' },
  ];
  if (alarms > 0) items.push({ what: 'Alarms', why: 'lib/alarm-list.ts', quantity: alarms, unit: 'alarm and month' });
  return items;
}

/**
 * What a million placements add, if each is created by one request, heard as single messages (no batch holds two) and every
 * trace is recorded.
 */
export const perMillion: Item[] = [
  { what: 'API', why: '1 request each', quantity: 1, unit: 'million REST API requests' },
  { what: 'Invocations', why: 'API, file, verdict, three webhooks', quantity: 6, unit: 'million Lambda invocations' },
  {
    what: 'Compute',
    why: '1 GB × 50 ms, then 0.5 GB × (100 + 50 + 3 × 100) ms',
    quantity: 1 * 0.05 + 0.5 * (0.1 + 0.05 + 3 * 0.1),
    unit: 'million GB-seconds of Lambda on arm64',
  },
  { what: 'Events', why: 'created, file generated, validated', quantity: 3, unit: 'million events' },
  { what: 'Queues', why: '5 messages × (send, receive, delete)', quantity: 15, unit: 'million SQS requests' },
  { what: 'Files', why: '1 object each', quantity: 1000, unit: 'thousand S3 PUT requests' },
  { what: 'Database', why: '50 a second: 5.6 h × 2 ACU', quantity: 11.2, unit: 'ACU-hour of Aurora Serverless v2' },
  { what: 'Database I/O', why: '30 each', quantity: 30, unit: 'million Aurora I/O requests' },
  { what: 'Traces', why: '1 each, all recorded', quantity: 1, unit: 'million X-Ray traces recorded' },
  { what: 'Lambda’s own traces', why: '5 % of 6 invocations', quantity: 0.3, unit: 'million X-Ray traces recorded' },
  { what: 'Logs', why: '6 invocations × 0.8 KB, 0.4 KB of access log', quantity: 5.2, unit: 'GB of logs' },
  { what: 'Webhooks', why: '3 × 2 KB', quantity: 6, unit: 'GB to the internet' },
];

/** In US dollars. */
export const cost = (items: Item[]): number =>
  items.reduce((sum, { quantity, unit }) => sum + quantity * prices[unit], 0);

/** In US dollars, where nothing else in the account uses up what is free. */
export const costBeyondFree = (items: Item[]): number =>
  cost(items.map((item) => ({ ...item, quantity: Math.max(0, item.quantity - (free[item.unit] ?? 0)) })));

/** As a Markdown table with its sum: the arithmetic for whoever wants to check it. */
export function costTable(items: Item[]): string {
  const rows = items.map(({ what, why, quantity, unit }) => {
    const price = prices[unit];
    return `| ${what} | ${why} | ${round(quantity)} × $${price < 0.05 ? price : price.toFixed(2)} per ${unit} | ${dollars(quantity * price)} |`;
  });
  const head = ['| what | why | arithmetic | US dollars |', '| --- | --- | --- | ---: |'];
  return [...head, ...rows, `| **in all** | | | **${dollars(cost(items))}** |`].join('\n');
}

/** With cents. */
export const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

const round = (quantity: number): number => Number(quantity.toFixed(3));
