import type { Settings } from '../settings/settings.js';

export type TracingSettings = Pick<
  Settings,
  'otlpEndpoint' | 'otlpHeaders' | 'otelServiceName' | 'otelResource' | 'tracesSampler' | 'tracesSamplerArg' | 'otelDisabled'
>;
