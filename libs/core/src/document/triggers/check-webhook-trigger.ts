import { SIGNATURES, WEBHOOK_FIELDS } from '../values/fields.js';
import type { Located, LocatedMap } from '../values/located.js';
import { SECRET_NAME, WEBHOOK_PATH } from '../values/names.js';
import type { Report } from '../values/problem.js';
import { type Fields, readFields, readMap, readMatching, readOneOf } from '../values/read-value.js';

/** `webhook: {…}`; returns its fields, for what every kind of trigger may say. */
export function checkWebhookTrigger(value: Located, report: Report): Fields | null {
  const map = readMap(value, report, 'a map such as { path: github, secret: GITHUB, signature: github }');
  if (map === null) return null;
  const fields = readFields(map, WEBHOOK_FIELDS, report);
  const path = fields.get('path');
  if (path === undefined) report.refuse(map, 'the webhook has no `path`', '`path: payments` listens at /v1/hooks/payments');
  else readMatching(path.value, report, WEBHOOK_PATH, 128, 'words of lower-case letters, digits, - and _ with / between');
  checkSecret(map, fields, report);
  return fields;
}

function checkSecret(map: LocatedMap, fields: Fields, report: Report): void {
  const signature = fields.get('signature');
  const kind = signature === undefined ? 'standard-webhooks' : readOneOf(signature.value, report, SIGNATURES);
  const secret = fields.get('secret');
  if (secret !== undefined)
    readMatching(
      secret.value,
      report,
      SECRET_NAME,
      128,
      'the name of a secret, such as PAYMENTS (set as REPRISE_SECRET_PAYMENTS)',
    );
  if (kind === 'none' && secret !== undefined)
    report.refuse(secret.keyAt, '`secret` says nothing about `signature: none`', 'remove one of them');
  if (kind !== 'none' && kind !== null && secret === undefined) {
    const hint = '`secret: PAYMENTS` names the secret that signs; `signature: none` takes what comes from anybody with a token';
    report.refuse(map, 'the webhook has no `secret`', hint);
  }
}
