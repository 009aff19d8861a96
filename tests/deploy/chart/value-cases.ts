/** Values that together switch on everything the chart can do. */

const secret = {
  databaseUrl: 'postgres://reprise:pw@db:5432/reprise',
  amqpUrl: 'amqp://reprise:pw@mq:5672',
  token: 'a'.repeat(48),
};

export const VALUE_CASES: Readonly<Record<string, Record<string, unknown>>> = {
  'what must be said, and nothing else': { secret },
  'a Secret of the user’s, one of each, quiet': {
    existingSecret: 'reprise-servers',
    fullnameOverride: 'flows',
    monitor: { replicas: 1 },
    trigger: { replicas: 1 },
    scheduler: { replicas: 1 },
    podDisruptionBudget: { enabled: false },
    topologySpread: { enabled: false },
    serviceAccount: { create: false },
  },
  'executors by queue, one kind scaled by KEDA': {
    secret,
    drainSeconds: 120,
    config: { REPRISE_LEASE: '30s', REPRISE_LOG_LEVEL: 'debug' },
    keda: { prometheusUrl: 'http://prometheus:9090', authenticationRef: 'prometheus' },
    executors: [
      {
        name: 'default',
        queues: ['default', 'mail-out'],
        concurrency: 100,
        autoscaling: { enabled: true, maxReplicas: 40 },
        replicas: 3,
      },
      {
        name: 'builds',
        queues: ['builds'],
        concurrency: 2,
        handlers: ['shell'],
        replicas: 4,
        resources: { requests: { cpu: 2, memory: '2Gi' }, limits: { memory: '4Gi' } },
        config: { REPRISE_MAX_OUTPUT_BYTES: '4194304' },
        envFrom: [{ secretRef: { name: 'build-secrets' } }],
        podAnnotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
        nodeSelector: { pool: 'builds' },
        tolerations: [{ key: 'builds', operator: 'Exists', effect: 'NoSchedule' }],
        affinity: { podAntiAffinity: {} },
      },
    ],
  },
  'seen from outside, watched and fenced': {
    existingSecret: 'reprise-servers',
    image: { repository: 'registry.example.com/reprise', digest: `sha256:${'0f'.repeat(32)}` },
    imagePullSecrets: [{ name: 'registry' }],
    publicHosts: ['reprise.example.com', 'hooks.example.com'],
    serviceAccount: { annotations: { owner: 'flows' } },
    networkPolicy: { enabled: true, clients: [{ namespaceSelector: { matchLabels: { team: 'ingress' } } }] },
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt' },
      monitorHost: 'reprise.example.com',
      triggerHost: 'hooks.example.com',
      tlsSecretName: 'reprise-tls',
    },
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
  },
  'stopped for an upgrade': {
    secret,
    stopped: true,
    executors: [{ name: 'default', queues: ['default'], autoscaling: { enabled: true } }],
  },
};
