import type { Json } from '@reprise/core';
import { component, type Schema, TEXT } from '../openapi/schema.js';
import { WHY_SCHEMAS } from '../openapi/why-schemas.js';
import { names, type Topology, type TopologyNames, topologyOf } from '../topology.js';
import { ATTEMPT_SCHEMAS } from './attempt-schemas.js';
import { ASKING, GATE_SCHEMAS } from './gate-schemas.js';
import { APPROVAL_NEWS, LIFECYCLE_SCHEMAS, RUN_NEWS, RUNS_TOLD, TASK_NEWS } from './lifecycle-schemas.js';

interface Channel {
  /** Where it is on the broker: a routing key of this exchange, or a queue. null: whatever the request's `reply_to` says. */
  readonly address: string | null;
  /** null: the default exchange. */
  readonly exchange: string | null;
  readonly queue?: string;
  readonly description: string;
  /** What may change between releases: Reprise talking to itself. */
  readonly internal?: true;
  /** Seen from Reprise; null: the answers to what another channel receives. */
  readonly action: 'send' | 'receive' | null;
  /** The channel of the answers. */
  readonly reply?: string;
  readonly parameters?: Readonly<Record<string, { readonly description: string; readonly enum?: readonly string[] }>>;
  readonly messages: readonly string[];
}

interface Message {
  readonly title: string;
  readonly contentType: string;
  readonly payload: string;
  readonly headers?: Schema;
}

const STRUCTURED = 'application/cloudevents+json';

const MESSAGES: Readonly<Record<string, Message>> = {
  structuredEvent: { title: 'A CloudEvent, structured', contentType: STRUCTURED, payload: 'CloudEvent' },
  binaryEvent: {
    title: 'A CloudEvent, binary: its attributes are headers, the body is the data',
    contentType: 'application/json',
    payload: 'EventData',
    headers: {
      type: 'object',
      required: ['cloudEvents:id', 'cloudEvents:source', 'cloudEvents:type'],
      properties: Object.fromEntries(['id', 'source', 'type', 'subject', 'time'].map((name) => [`cloudEvents:${name}`, TEXT])),
    },
  },
  emittedEvent: { title: 'A CloudEvent that a workflow emits', contentType: STRUCTURED, payload: 'EmittedEvent' },
  bareEvent: { title: 'A bare JSON event', contentType: 'application/json', payload: 'EventData' },
  start: { title: 'The start of a run; `message_id` is its idempotency key', contentType: 'application/json', payload: 'Input' },
  probeEvent: { title: 'What has become of a probe', contentType: STRUCTURED, payload: 'ProbeEvent' },
  runEvent: { title: 'What has become of a run', contentType: STRUCTURED, payload: 'RunEvent' },
  taskEvent: { title: 'What has become of a task', contentType: STRUCTURED, payload: 'TaskEvent' },
  approvalEvent: { title: 'What has become of an approval', contentType: STRUCTURED, payload: 'ApprovalEvent' },
  gateRequest: { title: 'A request of a worker', contentType: 'application/json', payload: 'GateRequest', headers: ASKING },
  gateAnswer: { title: 'An answer to a worker', contentType: 'application/json', payload: 'GateAnswer' },
  attempts: { title: 'Attempts to be made', contentType: 'application/json', payload: 'Attempts' },
  inbox: { title: 'What runs are told', contentType: 'application/json', payload: 'Inbox' },
};

const WORKFLOW = { description: 'Name of the workflow.' };

type Channels = Readonly<Record<string, Channel>>;

const channels = (prefix: string): Channels => ({ ...eventChannels(names(prefix)), ...workChannels(names(prefix)) });

function eventChannels(n: TopologyNames): Channels {
  return {
    events: {
      address: '{type}',
      exchange: n.events,
      description: 'Publish trigger events here, persistent and with confirms.',
      action: 'receive',
      parameters: { type: { description: 'Type of the event, such as `order.paid`.' } },
      messages: ['structuredEvent', 'binaryEvent', 'bareEvent'],
    },
    emitted: {
      address: '{type}',
      exchange: n.events,
      description: 'Events that workflows emit, at least once and with stable ids: bind a queue of your own.',
      action: 'send',
      parameters: { type: { description: 'Type of the event, as the workflow says.' } },
      messages: ['emittedEvent'],
    },
    starts: {
      address: 'run.start.{workflow}',
      exchange: n.events,
      description: 'Start a run by name.',
      action: 'receive',
      parameters: { workflow: WORKFLOW },
      messages: ['start'],
    },
    ...lifecycleChannels(n.lifecycle),
  };
}

function workChannels(n: TopologyNames): Channels {
  return {
    attempts: {
      address: n.taskQueue('{queue}'),
      exchange: n.attempts,
      queue: n.taskQueue('{queue}'),
      description:
        'Attempts for the executors of one queue: consumed with manual acknowledgements, claimed before they are acknowledged.',
      action: 'send',
      parameters: { queue: { description: 'Name of the task queue.' } },
      messages: ['attempts'],
    },
    gate: {
      address: n.gateQueue,
      exchange: null,
      queue: n.gateQueue,
      description: 'What workers ask: persistent, mandatory, with confirms, over the default exchange.',
      action: 'receive',
      reply: 'gateAnswers',
      messages: ['gateRequest'],
    },
    gateAnswers: {
      address: null,
      exchange: null,
      description: 'Answers of the gate, in a queue of the worker’s own.',
      action: null,
      messages: ['gateAnswer'],
    },
    inbox: {
      address: '{shard}',
      exchange: n.inbox,
      description: 'What runs are told: how attempts have ended, for one.',
      internal: true,
      action: 'receive',
      parameters: { shard: { description: 'Shard of the run.' } },
      messages: ['inbox'],
    },
  };
}

/** What others may follow. */
function lifecycleChannels(exchange: string): Readonly<Record<string, Channel>> {
  return {
    runs: {
      address: 'run.{status}.{workflow}',
      exchange,
      description: `Bind a queue of your own to follow runs. ${RUNS_TOLD}`,
      action: 'send',
      parameters: { status: { description: 'What it has become.', enum: Object.keys(RUN_NEWS) }, workflow: WORKFLOW },
      messages: ['runEvent'],
    },
    probes: {
      address: 'probe.{status}.{workflow}.poll.{poll}',
      exchange,
      description: `Bind a queue of your own to follow the probes of polls, as runs. ${RUNS_TOLD}`,
      action: 'send',
      parameters: {
        status: { description: 'What it has become.', enum: Object.keys(RUN_NEWS) },
        workflow: WORKFLOW,
        poll: { description: 'Id of the poll.' },
      },
      messages: ['probeEvent'],
    },
    tasks: {
      address: 'task.{news}.{workflow}.{task}',
      exchange,
      description:
        'Bind a queue of your own to follow tasks of workflows that say `lifecycle: tasks`. Best effort; ids are stable.',
      action: 'send',
      parameters: {
        news: { description: 'What has become of it.', enum: Object.keys(TASK_NEWS) },
        workflow: WORKFLOW,
        task: { description: 'Ids from the root, joined by dots, without indices: `page.charge`; 255 bytes of all at most.' },
      },
      messages: ['taskEvent'],
    },
    approvals: {
      address: 'approval.{kind}.{workflow}',
      exchange,
      description: 'Bind a queue of your own to tell people what they are asked. At least once; ids are stable.',
      action: 'send',
      parameters: { kind: { description: 'What has happened.', enum: Object.keys(APPROVAL_NEWS) }, workflow: WORKFLOW },
      messages: ['approvalEvent'],
    },
  };
}

/** What is on the message broker under this prefix, as an AsyncAPI 3.0 document. */
export function renderAsyncApi(prefix: string, version: string): Json {
  const topology = topologyOf({ prefix, queueType: 'quorum' });
  const all = Object.entries(channels(prefix));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Reprise',
      version,
      description:
        'AMQP 0-9-1. Operations are seen from Reprise: you publish what it receives. Channels marked `x-internal` are Reprise talking to itself and may change between releases.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(all.map(([name, channel]) => [name, channelOf(channel, topology)])),
    operations: Object.fromEntries(
      all
        .filter(([, { action }]) => action !== null)
        .map(([name, { action, description, reply }]) => [
          `${action}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
          {
            action,
            channel: { $ref: `#/channels/${name}` },
            summary: description,
            ...(reply === undefined ? {} : { reply: replyTo(reply) }),
          },
        ]),
    ),
    components: {
      messages: Object.fromEntries(
        Object.entries(MESSAGES).map(([name, { payload, headers, ...rest }]) => [
          name,
          { name, ...rest, ...(headers === undefined ? {} : { headers }), payload: component(payload) },
        ]),
      ),
      schemas: { ...LIFECYCLE_SCHEMAS, ...ATTEMPT_SCHEMAS, ...GATE_SCHEMAS, ...WHY_SCHEMAS },
    },
  };
}

const replyTo = (channel: string): Json => ({
  channel: { $ref: `#/channels/${channel}` },
  address: { location: '$message.header#/reply_to' },
});

function placeOf({ exchange, queue }: Channel, topology: Topology): Json {
  if (queue !== undefined) return { is: 'queue', queue: { name: queue, durable: true, exclusive: false, autoDelete: false } };
  if (exchange === null) return { is: 'routingKey', exchange: { name: '', type: 'default' } };
  const declared = topology.exchanges.find(({ name }) => name === exchange);
  if (declared === undefined) throw new Error(`the topology has no exchange ${exchange}`);
  return { is: 'routingKey', exchange: { name: exchange, type: declared.type, durable: true, autoDelete: false } };
}

function channelOf(channel: Channel, topology: Topology): Json {
  const { address, description, parameters = {}, messages, internal } = channel;
  return {
    address,
    description,
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, { description: about, enum: values }]) => [
        name,
        { description: about, ...(values === undefined ? {} : { enum: values }) },
      ]),
    ),
    bindings: { amqp: placeOf(channel, topology) },
    ...(internal === true ? { 'x-internal': true } : {}),
  };
}
