import { hasTaskEnded, keyOf, parseJsonText, type TaskState } from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';

/** What a commit may ask of people and tell them: what its rows bear out. What people have decided counts. */
export function checkApprovals(commit: Commit): void {
  for (const write of commit.decision.approvals) {
    const row = commit.images.get(keyOf(write.node, write.at));
    if (row === undefined) throw new LawBroken(`people are told of a row that does not change: ${JSON.stringify(write)}`);
    if (row.fence !== write.fence) broken(commit, row, `people are told under another fence: ${JSON.stringify(write)}`);
    const isTrue = {
      request: () => (row.startedAt ?? 0) >= commit.now,
      remind: () => true,
      escalate: () => true,
      expire: () => write.kind === 'expire' && row.status === (write.decision === 'fail' ? 'failed' : 'succeeded'),
      close: () => row.status === 'cancelled',
    }[write.kind];
    const mayHaveEnded = write.kind === 'expire' || write.kind === 'close' || isClosedToo(commit, row);
    if (!isTrue() || hasTaskEnded(row.status) !== mayHaveEnded) broken(commit, row, `its row does not bear out ${write.kind}`);
  }
  for (const image of commit.images.values()) if (image.progress?.kind === 'approval') checkImage(commit, image);
}

/** Asked and cancelled in one decision. */
const isClosedToo = ({ decision }: Commit, row: TaskState): boolean =>
  row.status === 'cancelled' &&
  decision.approvals.some(({ kind, node, at }) => kind === 'close' && node === row.node && at === row.at);

function checkImage(commit: Commit, image: TaskState): void {
  const { node, at } = image;
  const kinds = commit.decision.approvals.filter((write) => write.node === node && write.at === at).map(({ kind }) => kind);
  if (image.status === 'cancelled' && !kinds.includes('close')) broken(commit, image, 'cancelled, and people do not hear of it');
  const state = commit.ledger.approvals.state(node, at);
  const isDecided = state?.kind === 'decided' && !kinds.includes('request');
  if (isDecided && kinds.some((kind) => kind !== 'close')) broken(commit, image, 'people are told of what they have decided');
  if (!hasTaskEnded(image.status) || image.status === 'cancelled' || kinds.includes('expire')) return;
  const output = typeof image.output === 'string' && image.output !== 'stored' ? parseJsonText(image.output) : null;
  const said = state?.kind === 'decided' ? state.last : null;
  if (said === null || !isRecord(output) || output['decision'] !== said.decision || output['by'] !== said.by)
    broken(commit, image, 'it ends otherwise than people have said');
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
