import type { Json, WebhookTrigger } from '@reprise/core';
import type { TriggerEvent } from '../events/trigger-event.js';
import { type Headers, headerOf } from './verify-signature.js';

const MAX_ID_LENGTH = 255;
const TYPE = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/**
 * The event that a webhook's request is: `webhook/PATH` and the sender's id of the delivery make it happen once.
 * `fallbackId` is used where the sender has none.
 */
export function readWebhook(
  path: string,
  signature: WebhookTrigger['signature'],
  headers: Headers,
  data: Json,
  fallbackId: string,
): TriggerEvent {
  const id = headerOf(headers, signature === 'github' ? 'x-github-delivery' : 'webhook-id');
  return {
    source: `webhook/${path}`,
    id: id === undefined || id === '' ? fallbackId : id.slice(0, MAX_ID_LENGTH),
    type: typeOf(signature, headers, data),
    subject: null,
    time: null,
    data,
    extensions: {},
    anonymous: false,
  };
}

/** `github.push`; else what the body calls its type, as Standard Webhooks has it; else `webhook`. */
function typeOf(signature: WebhookTrigger['signature'], headers: Headers, data: Json): string {
  const named = signature === 'github' ? headerOf(headers, 'x-github-event') : typeInBody(data);
  if (named === undefined || named.length > MAX_ID_LENGTH || !TYPE.test(named))
    return signature === 'github' ? 'github' : 'webhook';
  return signature === 'github' ? `github.${named}` : named;
}

function typeInBody(data: Json): string | undefined {
  if (typeof data !== 'object' || data === null || !('type' in data)) return undefined;
  return typeof data['type'] === 'string' ? data['type'] : undefined;
}
