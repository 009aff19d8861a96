import type { Json } from '../json.js';
import { compilePoll, defaultPollId } from './compile-poll.js';
import { compileSchedule } from './compile-schedule.js';
import { compileStart } from './compile-start.js';
import type { Defaults } from './compile-work.js';
import { expectMap, expectText, type JsonMap, readWord } from './read-json.js';
import type { CompletionTrigger, EventTrigger, Trigger, WebhookTrigger } from './trigger.js';

/** `on`, in its order. */
export function compileTriggers(triggers: readonly Json[], name: string, defaults: Defaults): readonly Trigger[] {
  let unnamed = 0;
  return triggers.map((trigger) => {
    const { poll } = expectMap(trigger, 'a trigger');
    if (poll !== undefined && expectMap(poll, '`poll`')['id'] === undefined) unnamed += 1;
    return compileTrigger(trigger, name, defaults, defaultPollId(unnamed));
  });
}

/** By the field that says what kind it is: a checked document has exactly one of them. */
function compileTrigger(trigger: Json, name: string, defaults: Defaults, defaultId: string): Trigger {
  const map = expectMap(trigger, 'a trigger');
  const { schedule, webhook, workflow, poll } = map;
  if (schedule !== undefined) return compileSchedule(expectMap(schedule, '`schedule`'));
  if (webhook !== undefined) return compileWebhook(expectMap(webhook, '`webhook`'));
  if (poll !== undefined) return compilePoll(expectMap(poll, '`poll`'), name, defaults, defaultId);
  return workflow === undefined ? compileEvent(map) : compileCompletion(expectMap(workflow, '`workflow`'));
}

function compileEvent(map: JsonMap): EventTrigger {
  const { event, source } = map;
  return {
    kind: 'event',
    pattern: expectText(event, '`event`'),
    source: source === undefined ? null : expectText(source, '`source`'),
    ...compileStart(map),
  };
}

const SIGNATURES = ['standard-webhooks', 'github', 'none'] as const;

function compileWebhook(map: JsonMap): WebhookTrigger {
  const { path, secret, signature } = map;
  return {
    kind: 'webhook',
    path: expectText(path, '`path`'),
    secret: secret === undefined ? null : expectText(secret, '`secret`'),
    signature: readWord(signature, SIGNATURES),
    ...compileStart(map),
  };
}

const STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

function compileCompletion(map: JsonMap): CompletionTrigger {
  const { name, status = 'succeeded' } = map;
  const statuses = (Array.isArray(status) ? status : [status]).map((one) => readWord(one, STATUSES));
  return { kind: 'workflow', workflow: expectText(name, '`name`'), statuses, ...compileStart(map) };
}
