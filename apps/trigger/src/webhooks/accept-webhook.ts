import type { Json, WebhookTrigger } from '@reprise/core';
import { type Clock, ProblemError, type SecretReader } from '@reprise/service';
import type { ActiveWorkflow, ActiveWorkflows } from '../definitions/active-workflows.js';
import { eventVariable } from '../events/trigger-event.js';
import type { TriggeredRequest, TriggerTarget } from '../starts/start-request.js';
import { readWebhook } from './read-webhook.js';
import { type Headers, type Verdict, verifySignature } from './verify-signature.js';

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly data: Json;
  /** Whether the sender may also do what needs a token. */
  readonly identified: boolean;
}

interface Listener extends ActiveWorkflow {
  readonly number: number;
  readonly trigger: WebhookTrigger;
}

/** Which workflows a webhook may start: those that listen at its path and whose secret signed it. */
export class AcceptWebhook {
  constructor(
    private readonly active: ActiveWorkflows,
    private readonly secret: SecretReader,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 404 nobody listens, 401 no signature fits, 503 a secret is not there */
  async accept(received: ReceivedWebhook): Promise<TriggeredRequest> {
    const listeners = listenersAt(await this.active.refresh(), received.path);
    if (listeners.length === 0) {
      const detail = `No workflow listens at ${received.path.slice(0, 200)}.`;
      throw new ProblemError({ status: 404, code: 'webhook_not_found', detail });
    }
    const verdicts = listeners.map((listener) => ({ listener, verdict: this.verify(listener.trigger, received) }));
    const valid = verdicts.filter(({ verdict }) => verdict.kind === 'valid').map(({ listener }) => listener);
    const [first] = valid;
    if (first === undefined) throw unsigned(verdicts.map(({ verdict }) => verdict));
    const { path, headers, data } = received;
    const event = readWebhook(path, first.trigger.signature, headers, data, this.clock.uuidv7());
    const variables = { event: eventVariable(event) };
    const targets = valid.map(
      ({ version, workflow, number }): TriggerTarget => ({ version, workflow, trigger: number, variables }),
    );
    return { kind: 'triggered', event, targets, redelivered: false };
  }

  private verify({ signature, secret }: WebhookTrigger, { headers, body, identified }: ReceivedWebhook): Verdict {
    if (secret === null)
      return identified ? { kind: 'valid' } : { kind: 'refused', reason: 'unsigned webhooks need a bearer token' };
    const value = this.secret(secret);
    if (value === null) throw missingSecret(secret);
    return verifySignature(signature, value, { headers, body, now: this.clock.now() });
  }
}

function listenersAt(active: ReadonlyMap<string, ActiveWorkflow>, path: string): readonly Listener[] {
  return [...active.values()].flatMap((each) =>
    each.workflow.triggers.flatMap((trigger, number) =>
      trigger.kind === 'webhook' && trigger.path === path ? [{ ...each, number, trigger }] : [],
    ),
  );
}

function unsigned(verdicts: readonly Verdict[]): ProblemError {
  const reasons = new Set(verdicts.flatMap((verdict) => (verdict.kind === 'refused' ? [verdict.reason] : [])));
  return new ProblemError({
    status: 401,
    code: 'invalid_signature',
    detail: `The webhook is refused: ${[...reasons].join('; ')}.`,
    hint: 'Sign the bytes of the body as they are sent, with the secret that the workflow names.',
  });
}

const missingSecret = (name: string): ProblemError =>
  new ProblemError({
    status: 503,
    code: 'secret_missing',
    detail: `The trigger has no secret ${name}, so it cannot check signatures.`,
    hint: `Set REPRISE_SECRET_${name}, or put a file ${name} into REPRISE_SECRETS_DIR, where the trigger runs.`,
  });
