import type { ManagedQueue, ManagementFacts, Topology } from '@reprise/contracts';

const TIMEOUT_MS = 10_000;
/** What the topology needs of a broker that can switch it off. */
const FLAGS = ['quorum_queue', 'stream_queue'];

type Fields = Readonly<Record<string, unknown>>;

/** Asks RabbitMQ's management API what AMQP does not tell. @throws when it does not answer, or refuses the login */
export async function askManagement(managementUrl: string, amqpUrl: string, topology: Topology): Promise<ManagementFacts> {
  const api = new ManagementApi(managementUrl, amqpUrl);
  const vhost = vhostOf(amqpUrl);
  const ours = new Set([...topology.queues, ...topology.exchanges].map(({ name }) => name));
  const [nodes, queues, bindings, flags] = await Promise.all([
    api.list('/api/nodes'),
    api.list(`/api/queues/${vhost}`),
    api.list(`/api/bindings/${vhost}`),
    // Gone in some version to come, and asked of administrators only: not knowing them is no finding.
    api.list('/api/feature-flags').catch(() => []),
  ]);
  const bound = new Set(bindings.map((one) => keyOf(one.source, one.destination, one.destination_type, one.routing_key)));
  return {
    nodes: nodes.map(nodeOf),
    queues: queues.filter(({ name }) => ours.has(String(name))).map(queueOf),
    missingBindings: topology.bindings
      .filter(
        ({ source, destination, destinationKind, pattern }) => !bound.has(keyOf(source, destination, destinationKind, pattern)),
      )
      .map(({ source, destination, destinationKind: kind, pattern }) => ({ source, destination, kind, pattern })),
    disabledFlags: flags
      .filter(({ name, state }) => FLAGS.includes(String(name)) && state === 'disabled')
      .map(({ name }) => String(name)),
  };
}

const keyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts.map(String));

/** As it stands in the path of an AMQP URL, which is how the API wants it too. */
function vhostOf(amqpUrl: string): string {
  const { pathname } = new URL(amqpUrl);
  return pathname.length > 1 ? pathname.slice(1) : '%2F';
}

class ManagementApi {
  private readonly base: string;
  private readonly authorization: string;

  constructor(managementUrl: string, amqpUrl: string) {
    const url = new URL(managementUrl);
    const { username, password } = url.username === '' ? new URL(amqpUrl) : url;
    const login = `${decodeURIComponent(username || 'guest')}:${decodeURIComponent(password || 'guest')}`;
    this.authorization = `Basic ${Buffer.from(login).toString('base64')}`;
    this.base = `${url.origin}${url.pathname.replace(/\/$/, '')}`;
  }

  async list(path: string): Promise<readonly Fields[]> {
    const answer = await fetch(this.base + path, {
      headers: { authorization: this.authorization },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
    const body: unknown = await answer.json();
    return Array.isArray(body) ? body.filter((one) => typeof one === 'object' && one !== null) : [];
  }
}

function nodeOf(node: Fields): ManagementFacts['nodes'][number] {
  const { name, running, mem_alarm: memory, disk_free_alarm: disk, fd_used: used, fd_total: limit } = node;
  return {
    name: String(name),
    running: running !== false,
    memoryAlarm: memory === true,
    diskAlarm: disk === true,
    fileHandles: typeof used === 'number' && typeof limit === 'number' ? { used, limit } : null,
  };
}

function queueOf(queue: Fields): ManagedQueue {
  const { name, policy, effective_policy_definition: definition, members, online } = queue;
  return {
    name: String(name),
    policy: typeof policy === 'string' ? policy : null,
    definition: typeof definition === 'object' && definition !== null ? { ...definition } : {},
    members: textsOf(members),
    online: textsOf(online),
  };
}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
